import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { Errors, Transporters } from "moleculer";
import type { Msg, NatsConnection, Subscription } from "nats";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { within } from "../../lib/within.ts";
import { type NatsFiles, natsConnectionOptions, natsLibrary } from "./connection.ts";
import { PacketPieces } from "./packet-pieces.ts";
import { PacketSeal, type Refusal } from "./packet-seal.ts";
import { type Packet, type PendingRequests, UndeliveredPackets } from "./undelivered.ts";

/** How long between tries while there was never a connection, and how long one try may take, ms. */
const RETRY_MS = 500;
const TRY_MS = 5000;
/** How often the log says again that NATS is away, or that packets were refused, ms. */
const REMIND_MS = 30_000;
const WARN_MS = 60_000;
/** How long what is to be sent waits for a lost connection before its sender is told, ms. */
const HOLD_MS = 3000;
/** How many packets wait at most. */
const MAX_HELD = 20_000;
/** How long the last packets may take when the process ends, ms. */
const GOODBYE_MS = 2000;

/** The broker's own word for it. The library's types ask for arguments that its class does not take. */
const notConnected = () => new (Errors.BrokerDisconnectedError as unknown as new () => Error)();

export interface SealedTransporterOptions {
	/** one or more servers, see `natsConnectionOptions` */
	urls: string;
	files: NatsFiles;
	/** what every process of the cluster knows, and nobody else */
	secret: string;
	/** what the server's own monitoring shows */
	name: string;
	clock?: Clock;
	/** told about every packet that was not believed */
	refused?: (reason: Refusal) => void;
	/** told about a node that was asked for a sign of life when nobody was there to be asked */
	unreached?: (nodeID: string) => void;
}

interface Outgoing {
	topic: string;
	bytes: Uint8Array;
	/** where the server says that nobody got it */
	reply: string | undefined;
	/** the sender that waits, where there was no connection */
	waiting?: { sent: () => void; failed: (error: Error) => void };
}

/**
 * Moleculer's packets over NATS. It differs from the library's own transporter in what a cluster needs: what is sent in one
 * turn of the event loop is written at once; every packet is signed, and one that does not verify is dropped; packets
 * larger than the server takes go in pieces; a request that nobody is there to get fails at once; the connection is tried
 * for ever, from the first start on; and what is sent while it is lost waits a moment for it instead of getting lost.
 */
export class SealedNatsTransporter extends Transporters.Base {
	private readonly settings: SealedTransporterOptions;
	private readonly seal: PacketSeal;
	private readonly pieces: PacketPieces;
	private readonly refusals = new Map<Refusal, number>();
	private client: NatsConnection | null = null;
	private queue: Outgoing[] = [];
	private armed = false;
	private up = false;
	private stopping = false;
	private expiry: NodeJS.Timeout | undefined;
	private warnedAt = Number.NEGATIVE_INFINITY;
	private requests: Subscription | undefined;
	private readonly flushQueue = () => this.flush();
	private undelivered: UndeliveredPackets | undefined;

	constructor(settings: SealedTransporterOptions) {
		super({});
		const clock = settings.clock ?? systemClock;
		this.settings = settings;
		this.seal = new PacketSeal(settings.secret, clock);
		this.pieces = new PacketPieces(clock);
	}

	/** Resolves when there is a connection, however long that takes. */
	override async connect(): Promise<void> {
		const client = await this.open();
		if (client === null) return;
		this.client = client;
		this.up = true;
		const inbox = natsLibrary().createInbox();
		const undelivered = new UndeliveredPackets(
			inbox,
			() => (this as unknown as { transit: PendingRequests }).transit,
			(nodeID) => this.settings.unreached?.(nodeID),
		);
		this.undelivered = undelivered;
		client.subscribe(`${inbox}.*`, { callback: (_, message) => undelivered.take(message) });
		this.logger.info("The connection to NATS is up.");
		void this.follow(client);
		await this.onConnected(false);
	}

	/** Sends what is left, then closes the connection. */
	override async disconnect(): Promise<void> {
		this.stopping = true;
		const { client } = this;
		if (client === null) return;
		if (this.up) {
			this.flush();
			await within(GOODBYE_MS, client.flush()).catch(() => undefined);
		}
		this.fail(notConnected());
		this.connected = false;
		this.client = null;
		await client.close();
	}

	/** @throws when the server gives no answer within so many ms */
	async ping(patienceMs: number): Promise<void> {
		if (this.client === null || !this.up) throw new Error("there is no connection to NATS");
		await within(patienceMs, this.client.flush());
	}

	/** Whether there is a connection now. */
	get isUp(): boolean {
		return this.up;
	}

	/** How many packets were not believed since the start, by reason. */
	refusalCounts(): ReadonlyMap<Refusal, number> {
		return this.refusals;
	}

	override async subscribe(command: string, nodeId?: string): Promise<void> {
		const subscription = this.client?.subscribe(this.getTopicName(command, nodeId), {
			callback: (error, message) => {
				if (error) this.logger.error({ err: error }, "NATS refuses a subscription");
				else this.take(command, message);
			},
		});
		if (command === "REQ") this.requests = subscription;
	}

	/**
	 * Before the process says goodbye it takes no more requests, and answers those that were on their way: the others give
	 * up whatever it has not answered by then.
	 */
	override async publish(packet: Parameters<Transporters.Base["publish"]>[0]): Promise<void> {
		if (packet.type === "DISCONNECT" && this.client && this.up) {
			this.requests?.unsubscribe();
			await within(GOODBYE_MS, this.client.flush()).catch(() => undefined);
			await nextTurn();
		}
		return super.publish(packet);
	}

	/** The broker balances calls itself. */
	override async subscribeBalancedRequest(): Promise<void> {
		throw new Error("this transporter does not balance requests");
	}

	/** The broker balances events itself. */
	override async subscribeBalancedEvent(): Promise<void> {
		throw new Error("this transporter does not balance events");
	}

	/**
	 * Sends with all else of this turn. While the connection is lost the packet waits for it, and the promise with it.
	 * Rejects where it could not be sent for some seconds.
	 */
	override send(topic: string, bytes: Uint8Array, { packet }: { packet?: Packet } = {}): Promise<void> {
		if (this.client === null || this.stopping) return Promise.reject(notConnected());
		const reply = packet && this.undelivered?.replyTo(packet);
		if (!this.up) return this.hold({ topic, bytes, reply });
		this.queue.push({ topic, bytes, reply });
		this.arm();
		return Promise.resolve();
	}

	private arm(): void {
		if (this.armed) return;
		this.armed = true;
		setImmediate(this.flushQueue);
	}

	private flush(): void {
		this.armed = false;
		if (!this.up) return;
		const { queue } = this;
		this.queue = [];
		for (const outgoing of queue) this.write(outgoing);
	}

	/** The library itself writes once for all that is published in one go. */
	private write({ topic, bytes, reply, waiting }: Outgoing): void {
		const { client } = this;
		if (client === null) return;
		try {
			const limit = client.info?.max_payload ?? 1_048_576;
			const options = reply === undefined ? undefined : { reply };
			for (const piece of this.seal.seal(topic, bytes, limit)) client.publish(topic, piece, options);
			waiting?.sent();
		} catch (error) {
			waiting?.failed(error as Error);
			this.logger.error({ err: error, topic, bytes: bytes.length }, "a packet could not be sent");
		}
	}

	private hold(outgoing: Outgoing): Promise<void> {
		if (this.queue.length >= MAX_HELD) return Promise.reject(notConnected());
		const held = new Promise<void>((sent, failed) => {
			this.queue.push({ ...outgoing, waiting: { sent, failed } });
		});
		// Not everybody who sends looks at what became of it.
		held.catch(() => undefined);
		return held;
	}

	private fail(error: Error): void {
		const { queue } = this;
		this.queue = [];
		for (const { waiting } of queue) waiting?.failed(error);
	}

	/** Whoever calls is told at once from now on, until the connection is back. */
	private giveUpWaiting(): void {
		if (this.up) return;
		this.connected = false;
		this.fail(notConnected());
	}

	private async open(): Promise<NatsConnection | null> {
		const { urls, files, name } = this.settings;
		for (let remindedAt = Number.NEGATIVE_INFINITY; !this.stopping; await delay(RETRY_MS)) {
			try {
				const options = { ...natsConnectionOptions(urls, files, name), timeout: TRY_MS };
				return await natsLibrary().connect(options);
			} catch (error) {
				if (performance.now() - remindedAt < REMIND_MS) continue;
				remindedAt = performance.now();
				this.logger.warn({ reason: (error as Error).message }, "NATS cannot be reached yet; trying on");
			}
		}
		return null;
	}

	private async follow(client: NatsConnection): Promise<void> {
		for await (const { type, data } of client.status()) {
			if (this.stopping) return;
			if (type === "disconnect") this.lost();
			else if (type === "reconnect") this.back();
			else if (type === "error") this.logger.error({ reason: String(data) }, "NATS reports an error");
		}
	}

	private lost(): void {
		if (!this.up) return;
		this.up = false;
		this.logger.warn("The connection to NATS is lost; trying on.");
		this.expiry = setTimeout(() => this.giveUpWaiting(), HOLD_MS).unref();
	}

	private back(): void {
		clearTimeout(this.expiry);
		this.up = true;
		this.logger.info("The connection to NATS is back.");
		this.flush();
		this.onConnected(true).catch((error: unknown) => this.logger.error({ err: error }, "could not greet the others"));
	}

	private take(command: string, { subject, data }: Msg): void {
		const opened = this.seal.open(subject, data);
		if (typeof opened === "string") {
			this.refuse(opened, subject);
			return;
		}
		const packet = this.pieces.add(opened);
		if (packet) this.receive(command, packet);
	}

	private refuse(reason: Refusal, topic: string): void {
		this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
		this.settings.refused?.(reason);
		if (performance.now() - this.warnedAt < WARN_MS) return;
		this.warnedAt = performance.now();
		this.logger.warn(
			{ topic, reason, sinceStart: Object.fromEntries(this.refusals) },
			"dropped a packet whose signature is not good: another CLUSTER_SECRET, a wrong clock, or somebody who forges",
		);
	}
}
