import fc from "fast-check";
import { DEFAULT_SETTINGS } from "../../contracts/tenant-settings.ts";
import { contentTypeOf, isBlocked } from "../../services/tickets/attachments/content-type.ts";
import { cleanFileName, extensionOf } from "../../services/tickets/attachments/file-name.ts";
import { checkSignature, signedUrl } from "../../services/tickets/attachments/signed-url.ts";
import { added, countersOf, interleaved, numbered, type Placed } from "../../services/tickets/merge/threads.ts";

const text = (content: string) => Buffer.from(content);

describe("what a file is", () => {
	const zip = Buffer.from("504b0304140000000800000021000000000000000000000000000500000061", "hex");
	test.each<[string, Buffer, string]>([
		["a.txt", text("Plain text"), "text/plain"],
		["a.csv", text("a,b\n1,2"), "text/csv"],
		["a.json", text("{}"), "application/json"],
		["a.pdf", text("%PDF-1.7\n"), "application/pdf"],
		["a.pdf", text("no PDF at all"), "text/plain"],
		["a.txt", text("  <!DOCTYPE html><script>alert(1)</script>"), "text/html"],
		["a.png", text("<svg xmlns='http://www.w3.org/2000/svg'/>"), "image/svg+xml"],
		["a.xml", text('<?xml version="1.0"?><a/>'), "application/xml"],
		["a.svg", text('<?xml version="1.0"?><svg/>'), "image/svg+xml"],
		["a.txt", Buffer.from("Ein Umlaut am Ende: ä").subarray(0, -1), "text/plain"],
		["a.txt", Buffer.from([0, 1, 2, 3, 255]), "application/octet-stream"],
		["a.txt", Buffer.concat([text("MZ"), Buffer.alloc(64)]), "application/x-msdownload"],
		["a.docx", zip, "application/zip"],
	])("%s", async (name, head, mime) => {
		expect((await contentTypeOf(head, name)).mime).toBe(mime);
	});

	test("never fails, whatever it begins with", async () => {
		await fc.assert(
			fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 600 }), async (bytes) => {
				expect((await contentTypeOf(Buffer.from(bytes), "x")).mime).toMatch(/^[\w.+-]+\/[\w.+-]+$/);
			}),
			{ seed: 7, numRuns: 300 },
		);
	});

	test.each<[string, string, string, boolean]>([
		["a.exe", "text/plain", "", true],
		["a.pdf.EXE", "text/plain", "", true],
		["a.png", "application/x-msdownload", "exe", true],
		["exe", "text/plain", "", false],
		["a.exe.txt", "text/plain", "", false],
		["a.png", "image/png", "png", false],
	])("%s of %s", (name, mime, extension, blocked) => {
		expect(isBlocked(DEFAULT_SETTINGS.blockedAttachmentTypes, name, { mime, extension })).toBe(blocked);
	});

	test("families of types and extensions with a dot can be refused", () => {
		expect(isBlocked(["video/*"], "a.mp4", { mime: "video/mp4", extension: "mp4" })).toBe(true);
		expect(isBlocked([".ZIP"], "a.zip", { mime: "application/zip", extension: "zip" })).toBe(true);
	});
});

test("a file's name is one that any system can write", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary", maxLength: 400 }), (given) => {
			const name = cleanFileName(given);
			expect(name).not.toMatch(/[/\\\p{Cc}\p{Cf}<>:"|?*]|^[.\s]|[.\s]$/u);
			expect(name.length).toBeGreaterThan(0);
			expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
			expect(cleanFileName(name)).toBe(name);
		}),
		{ seed: 3, numRuns: 500 },
	);
	expect(extensionOf("a.tar.GZ")).toBe("gz");
});

test("an address is good for 15 minutes", () => {
	const now = new Date("2026-02-02T09:00:00.000Z");
	const url = new URL(signedUrl("secret", { tenantId: "t", id: "a" }, now), "http://x");
	const [expires, signature] = ["expires", "signature"].map((name) => url.searchParams.get(name) ?? "") as [
		string,
		string,
	];
	const at = (seconds: number, secret = "secret", id = "a") =>
		checkSignature(secret, { tenantId: "t", id, expires }, signature, new Date(now.getTime() + seconds * 1000));
	expect(() => at(899)).not.toThrow();
	expect(() => at(900)).toThrow();
	expect(() => at(0, "another")).toThrow();
	expect(() => at(0, "secret", "b")).toThrow();
});

describe("two threads", () => {
	const thread = fc
		.array(fc.record({ gap: fc.nat(3), isPublic: fc.boolean(), attachments: fc.nat(2), root: fc.nat(30) }), {
			maxLength: 12,
		})
		.map((rows) => {
			let at = 0;
			return rows.map(({ gap, isPublic, attachments, root }, index): Placed => {
				at += gap;
				return {
					...{ _id: `${index}`, root: `r${root}`, isPublic, attachments, seq: index + 1, publicSeq: 0 },
					createdAt: new Date(at),
				};
			});
		});
	const named = (rows: readonly Placed[], name: string) => rows.map((row) => ({ ...row, _id: `${name}${row._id}` }));

	test("become one by time, each in its own order, numbered without gaps", () => {
		fc.assert(
			fc.property(thread, thread, (a, b) => {
				const [one, other] = [named(a, "a"), named(b, "b")];
				const fresh = added(one, other);
				expect(new Set(fresh.map(({ root }) => root)).size).toBe(fresh.length);
				const all = numbered(interleaved(one, fresh));
				expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
				expect(all.filter(({ _id }) => _id.startsWith("a")).map(({ _id }) => _id)).toEqual(one.map(({ _id }) => _id));
				expect(all.filter(({ _id }) => _id.startsWith("b")).map(({ _id }) => _id)).toEqual(fresh.map(({ _id }) => _id));
				const times = all.map(({ createdAt }) => createdAt.getTime());
				expect(times).toEqual([...times].sort((x, y) => x - y));
				const publicOnes = all.filter(({ isPublic }) => isPublic);
				expect(publicOnes.map(({ publicSeq }) => publicSeq)).toEqual(publicOnes.map((_, index) => index + 1));
				expect(countersOf(all)).toMatchObject({
					messageCount: one.length + fresh.length,
					publicMessageCount: publicOnes.length,
					lastMessageId: all.at(-1)?._id ?? null,
				});
			}),
			{ seed: 5, numRuns: 300 },
		);
	});
});
