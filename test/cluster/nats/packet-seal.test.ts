import fc from "fast-check";
import { PacketPieces } from "../../../cluster/nats/packet-pieces.ts";
import { PacketSeal, type Piece, SEAL_BYTES } from "../../../cluster/nats/packet-seal.ts";
import { manualClock } from "../../support/manual-clock.ts";

const SECRET = "the secret of the test cluster";
const MEBIBYTE = 1_048_576;
const bytes = (text: string) => Buffer.from(text);

function pair(secret = SECRET) {
	const clock = manualClock();
	return { clock, sender: new PacketSeal(secret, clock), receiver: new PacketSeal(SECRET, clock) };
}

const one = (sender: PacketSeal, topic: string, text: string) => sender.seal(topic, bytes(text), MEBIBYTE)[0] as Buffer;

test("gives the bytes back to whoever knows the secret", () => {
	const { sender, receiver } = pair();
	const opened = receiver.open("MOL.REQ.a", one(sender, "MOL.REQ.a", "hello")) as Piece;
	expect(opened.bytes.toString()).toBe("hello");
	expect(opened.count).toBe(1);
});

test("believes nobody who does not know it", () => {
	const { sender, receiver } = pair("another secret of a cluster");
	expect(receiver.open("t", one(sender, "t", "hello"))).toBe("forged");
	for (const text of ["", "{}", '{"ver":"5","sender":"x"}', "\u0001", "\u0001".repeat(SEAL_BYTES - 1)])
		expect(receiver.open("t", bytes(text))).toBe("unsigned");
	expect(receiver.open("t", Buffer.alloc(200, 1))).toBe("forged");
});

test("believes no packet on another topic than it was sent to", () => {
	const { sender, receiver } = pair();
	const sealed = one(sender, "MOL.REQ.a", "hello");
	expect(receiver.open("MOL.REQ.b", sealed)).toBe("forged");
	expect(receiver.open("MOL.EVENT.a", sealed)).toBe("forged");
	expect(receiver.open("MOL.REQ.a", sealed)).toMatchObject({ count: 1 });
});

test("notices any change of any byte", () => {
	const { sender, receiver } = pair();
	const sealed = one(sender, "t", "hello");
	for (let at = 0; at < sealed.length; at++) {
		const changed = Buffer.from(sealed);
		changed[at] = (changed[at] as number) ^ 0x10;
		expect(receiver.open("t", changed)).toBe(at === 0 ? "unsigned" : "forged");
	}
	expect(receiver.open("t", Buffer.concat([sealed, bytes("!")]))).toBe("forged");
	expect(receiver.open("t", sealed.subarray(0, -1))).toBe("forged");
});

test("takes a packet once", () => {
	const { sender, receiver } = pair();
	const sealed = one(sender, "t", "hello");
	expect(receiver.open("t", sealed)).toMatchObject({ count: 1 });
	expect(receiver.open("t", sealed)).toBe("replayed");
	expect(new PacketSeal(SECRET, manualClock()).open("t", sealed)).toMatchObject({ count: 1 });
});

test("takes no packet that is older than two minutes, nor one from so far ahead", () => {
	for (const [ms, expected] of [
		[119_000, undefined],
		[121_000, "stale"],
	] as const) {
		const { clock, sender, receiver } = pair();
		const sealed = one(sender, "t", "hello");
		clock.advance(ms);
		const opened = receiver.open("t", sealed);
		if (expected) expect(opened).toBe(expected);
		else expect(opened).toMatchObject({ count: 1 });
	}
	const [early, late] = [manualClock(), manualClock()];
	late.advance(121_000);
	expect(new PacketSeal(SECRET, early).open("t", one(new PacketSeal(SECRET, late), "t", "hello"))).toBe("stale");
});

test("sends what is too large for one message in pieces, which make the same bytes again", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 5000 }), fc.integer({ min: 1, max: 700 }), (content, room) => {
			const { clock, sender, receiver } = pair();
			const pieces = new PacketPieces(clock);
			const sealed = sender.seal("t", content, room + SEAL_BYTES);
			expect(sealed.length).toBe(Math.max(1, Math.ceil(content.length / room)));
			const results = sealed.map((piece) => pieces.add(receiver.open("t", piece) as Piece));
			expect(results.slice(0, -1).every((result) => result === null)).toBe(true);
			expect(Buffer.compare(results.at(-1) as Buffer, Buffer.from(content))).toBe(0);
		}),
		{ seed: 6, numRuns: 50 },
	);
});

test("keeps pieces of different packets apart, and forgets those whose rest never comes", () => {
	const { clock, sender, receiver } = pair();
	const pieces = new PacketPieces(clock);
	const take = (piece: Buffer | undefined) => pieces.add(receiver.open("t", piece as Buffer) as Piece)?.toString();
	const limit = SEAL_BYTES + 3;
	const [first, second, lost] = ["abcdef", "ABCDEF", "xxxyyy"].map((text) => sender.seal("t", bytes(text), limit));
	expect(take(first?.[0])).toBeUndefined();
	expect(take(second?.[0])).toBeUndefined();
	expect(take(second?.[1])).toBe("ABCDEF");
	expect(take(first?.[1])).toBe("abcdef");
	expect(take(lost?.[0])).toBeUndefined();
	clock.advance(31_000);
	const after = sender.seal("t", bytes("abcdef"), limit);
	expect(take(after[0])).toBeUndefined();
	expect(take(lost?.[1])).toBeUndefined();
	expect(take(after[1])).toBe("abcdef");
});

test("refuses what no number of pieces can hold", () => {
	const { sender } = pair();
	expect(() => sender.seal("t", Buffer.alloc(70_000), SEAL_BYTES + 1)).toThrow(RangeError);
	expect(() => sender.seal("t", bytes("a"), SEAL_BYTES)).toThrow(RangeError);
});
