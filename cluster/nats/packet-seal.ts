import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { ReplayWindow } from "./replay-window.ts";

/** Why a packet is not believed. */
export type Refusal = "unsigned" | "forged" | "stale" | "replayed";

/** One piece of a packet as it travels: the whole of it, unless it is larger than the server takes at once. */
export interface Piece {
	/** names the packet among those of all senders */
	packet: string;
	index: number;
	count: number;
	bytes: Buffer;
}

/** How old a packet may be, or how far ahead its sender's clock, ms. */
const MAX_AGE_MS = 120_000;

/*
 * What stands before a packet's bytes: version (1 byte), send time in ms (6), the sending process (8), its running number
 * (6), this piece and their number (2 each), and the HMAC (32) over all of that, the topic and the bytes.
 */
const VERSION = 1;
const SENDER_AT = 7;
const NUMBER_AT = 15;
const INDEX_AT = 21;
const COUNT_AT = 23;
const MAC_AT = 25;
const MAC_BYTES = 32;

/** How many bytes a seal adds to each piece. */
export const SEAL_BYTES = MAC_AT + MAC_BYTES;

interface Sender {
	window: ReplayWindow;
	heardAt: number;
}

/** A key of its own for each purpose, so that what is signed for one is worth nothing for another. */
function keyFrom(secret: string): KeyObject {
	return createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "conductor packets", 32)));
}

/**
 * Signs what processes of one cluster send each other and checks what arrives: that it was sent by one that knows the
 * cluster's secret, to this very topic, not long ago, and has not arrived before.
 */
export class PacketSeal {
	private readonly key: KeyObject;
	private readonly clock: Clock;
	private readonly self = randomBytes(8);
	private readonly senders = new Map<string, Sender>();
	private next = 0;

	constructor(secret: string, clock: Clock) {
		this.key = keyFrom(secret);
		this.clock = clock;
	}

	/**
	 * The bytes to send to a topic, in pieces of at most `limit` bytes each with its seal.
	 * @throws {RangeError} for a packet of more pieces than can be counted
	 */
	seal(topic: string, bytes: Uint8Array, limit: number): Buffer[] {
		const room = limit - SEAL_BYTES;
		const count = Math.max(1, Math.ceil(bytes.length / room));
		if (count > 0xffff || room <= 0) throw new RangeError(`a packet of ${bytes.length} bytes cannot be sent`);
		const pieces: Buffer[] = [];
		for (let index = 0; index < count; index++)
			pieces.push(this.sealPiece(topic, bytes.subarray(index * room, (index + 1) * room), index, count));
		return pieces;
	}

	/** What a sealed piece holds, or why it is not believed. The bytes are a view of the given ones. */
	open(topic: string, sealed: Uint8Array): Piece | Refusal {
		const buffer = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
		if (buffer.length < SEAL_BYTES || buffer[0] !== VERSION) return "unsigned";
		const bytes = buffer.subarray(SEAL_BYTES);
		const mac = this.mac(buffer.subarray(0, MAC_AT), topic, bytes);
		if (!timingSafeEqual(mac, buffer.subarray(MAC_AT, SEAL_BYTES))) return "forged";
		const now = this.clock.now().getTime();
		if (Math.abs(now - buffer.readUIntBE(1, 6)) > MAX_AGE_MS) return "stale";
		const sender = buffer.toString("latin1", SENDER_AT, NUMBER_AT);
		const number = buffer.readUIntBE(NUMBER_AT, 6);
		if (!this.sender(sender, now).window.accept(number)) return "replayed";
		const index = buffer.readUInt16BE(INDEX_AT);
		return { packet: `${sender}${number - index}`, index, count: buffer.readUInt16BE(COUNT_AT), bytes };
	}

	private sealPiece(topic: string, bytes: Uint8Array, index: number, count: number): Buffer {
		const sealed = Buffer.allocUnsafe(SEAL_BYTES + bytes.length);
		sealed[0] = VERSION;
		sealed.writeUIntBE(this.clock.now().getTime(), 1, 6);
		this.self.copy(sealed, SENDER_AT);
		sealed.writeUIntBE(this.next++, NUMBER_AT, 6);
		sealed.writeUInt16BE(index, INDEX_AT);
		sealed.writeUInt16BE(count, COUNT_AT);
		sealed.set(bytes, SEAL_BYTES);
		this.mac(sealed.subarray(0, MAC_AT), topic, sealed.subarray(SEAL_BYTES)).copy(sealed, MAC_AT);
		return sealed;
	}

	/** A topic has no white space: the line break ends it, so that no other topic and bytes make the same text. */
	private mac(head: Uint8Array, topic: string, bytes: Uint8Array): Buffer {
		return createHmac("sha256", this.key).update(head).update(`${topic}\n`).update(bytes).digest();
	}

	private sender(name: string, now: number): Sender {
		const known = this.senders.get(name);
		if (known) {
			known.heardAt = now;
			return known;
		}
		// What a process sent that was not heard for so long is stale by now: nothing of it can come again.
		for (const [other, { heardAt }] of this.senders) if (now - heardAt > 2 * MAX_AGE_MS) this.senders.delete(other);
		const sender = { window: new ReplayWindow(), heardAt: now };
		this.senders.set(name, sender);
		return sender;
	}
}
