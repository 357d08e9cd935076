import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { blobsOf } from "../support/blobs.ts";
import { startCustomerDesk } from "../support/customer-desk.ts";
import type { Client, Desk, DeskTenant } from "../support/desk.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { until } from "../support/until.ts";

interface File {
	id: string;
	fileName: string;
	contentType: string;
	sizeBytes: number;
	sha256: string;
	inline: boolean;
	url: string;
}
interface Message {
	id: string;
	attachments: File[];
}
interface Ticket {
	id: string;
	attachmentCount: number;
	messages: Message[];
}

const PNG = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
	"base64",
);
const EXE = Buffer.concat([Buffer.from("MZ"), Buffer.alloc(510)]);

let desk: Desk;
let home: DeskTenant;
let foreign: DeskTenant;
let clock: ManualClock;
let cora: string;
let customer: Client;

beforeAll(async () => {
	clock = manualClock("2026-02-02T09:00:00.000Z");
	({ desk, home, foreign, cora, customer } = await startCustomerDesk({ clock }));
}, 60_000);
afterAll(() => desk?.stop());

function form(content: Buffer, fileName: string, type = "application/octet-stream", field = "file") {
	const head = `--limit\r\nContent-Disposition: form-data; name="${field}"; filename="${fileName}"\r\nContent-Type: ${type}\r\n\r\n`;
	return Buffer.concat([Buffer.from(head), content, Buffer.from("\r\n--limit--\r\n")]);
}
const FORM = { "content-type": "multipart/form-data; boundary=limit" };

const uploadForm = (client: Client, content: Buffer, fileName: string, type?: string) =>
	client<File>("POST", "/attachments", { raw: form(content, fileName, type), headers: FORM });
const uploadRaw = (client: Client, content: Buffer, fileName: string, type = "application/octet-stream") =>
	client<File>("POST", `/attachments?fileName=${encodeURIComponent(fileName)}`, {
		raw: content,
		headers: { "content-type": type },
	});
async function uploaded(client: Client, content: Buffer, fileName: string): Promise<File> {
	const { status, body } = await uploadRaw(client, content, fileName);
	if (status !== 201) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
	return body;
}
const ticket = async (client: Client, fields: object = {}) =>
	(
		await client<Ticket>("POST", "/tickets", {
			body: { subject: "Broken", description: "Look", customerId: cora, ...fields },
		})
	).body;
const say = (client: Client, id: string, fields: object) =>
	client<Message & { ticketId: string }>("POST", `/tickets/${id}/messages`, {
		body: { body: "See the file", ...fields },
	});
const download = (url: string, headers: Record<string, string> = {}) => fetch(desk.origin + url, { headers });

const sweep = () =>
	(desk.app.broker.getLocalService("tickets") as unknown as { sweepAttachments(): Promise<number> }).sweepAttachments();
const blobs = (tenant: DeskTenant) => blobsOf(desk, tenant.id);

describe("a file", () => {
	test("comes in a form, goes with a message and comes out as it went in", async () => {
		const { status, body, headers } = await uploadForm(home.as.agent, PNG, "picture.png", "text/html");
		expect([status, body]).toMatchObject([
			201,
			{
				...{ fileName: "picture.png", contentType: "image/png", sizeBytes: PNG.length, inline: false },
				sha256: createHash("sha256").update(PNG).digest("hex"),
			},
		]);
		expect(headers.get("location")).toBe(`/api/attachments/${body.id}`);
		const { id } = await ticket(home.as.supervisor, { groupId: home.groupId });
		const answer = await say(home.as.agent, id, { attachments: [body.id] });
		expect([answer.status, answer.body.attachments]).toMatchObject([201, [{ id: body.id, contentType: "image/png" }]]);
		const read = (await customer<Ticket>("GET", `/tickets/${id}`)).body;
		expect(read.attachmentCount).toBe(1);
		const content = await download(read.messages.at(-1)?.attachments[0]?.url ?? "");
		expect(content.status).toBe(200);
		expect(Buffer.from(await content.arrayBuffer()).equals(PNG)).toBe(true);
		expect(content.headers.get("content-disposition")).toMatch(/^attachment; filename="picture.png"/);
		expect(content.headers.get("x-content-type-options")).toBe("nosniff");
		expect(content.headers.get("content-type")).toBe("image/png");
	});

	test("comes as a body, in several parts, and goes out piece by piece", async () => {
		const large = randomBytes(1_000_000);
		const { url, sha256 } = await uploaded(home.as.agent, large, "noise.bin");
		expect(sha256).toBe(createHash("sha256").update(large).digest("hex"));
		const whole = Buffer.from(await (await download(url)).arrayBuffer());
		expect(whole.equals(large)).toBe(true);
		for (const [range, first, last] of [
			["bytes=0-0", 0, 0],
			["bytes=262140-262150", 262_140, 262_150],
			["bytes=999990-", 999_990, 999_999],
			["bytes=-10", 999_990, 999_999],
			["bytes=100-2000000", 100, 999_999],
		] as const) {
			const piece = await download(url, { range });
			expect(piece.status).toBe(206);
			expect(piece.headers.get("content-range")).toBe(`bytes ${first}-${last}/1000000`);
			expect(Buffer.from(await piece.arrayBuffer()).equals(large.subarray(first, last + 1))).toBe(true);
		}
		const beyond = await download(url, { range: "bytes=1000000-" });
		expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */1000000"]);
		expect((await download(url, { range: "lines=1-2" })).status).toBe(200);
		expect((await fetch(desk.origin + url, { method: "HEAD" })).headers.get("content-length")).toBe("1000000");
	});

	test("comes with a new ticket, beside a description or in its message", async () => {
		const [one, two] = [await uploaded(customer, PNG, "1.png"), await uploaded(customer, PNG, "2.png")];
		const first = await customer<Ticket>("POST", "/tickets", {
			body: { subject: "A", description: "B", attachments: [one.id] },
		});
		expect([first.status, first.body.attachmentCount, first.body.messages[0]?.attachments.length]).toEqual([201, 1, 1]);
		const second = await customer<Ticket>("POST", "/tickets", {
			body: { subject: "A", message: { body: "B", attachments: [two.id] } },
		});
		expect([second.status, second.body.attachmentCount]).toEqual([201, 1]);
		const three = await uploaded(customer, PNG, "3.png");
		const alone = await customer("POST", "/tickets", { body: { subject: "A", attachments: [three.id] } });
		expect(alone.status).toBe(422);
	});

	test("is used once, by whoever uploaded it, in its own tenant", async () => {
		const { id } = await ticket(home.as.supervisor);
		const file = await uploaded(home.as.supervisor, PNG, "x.png");
		const others = await uploaded(home.as.admin, PNG, "x.png");
		const strangers = await uploaded(foreign.as.owner, PNG, "x.png");
		for (const attachments of [[others.id], [strangers.id], [file.id, file.id], ["nothing"], [others.id, file.id]]) {
			const refused = await say(home.as.supervisor, id, { attachments });
			expect([refused.status, attachments]).toEqual([422, attachments]);
		}
		expect((await say(home.as.supervisor, id, { attachments: [file.id] })).status).toBe(201);
		expect((await say(home.as.supervisor, id, { attachments: [file.id] })).status).toBe(422);
		const many = Array.from({ length: 16 }, () => file.id);
		expect((await say(home.as.supervisor, id, { attachments: many })).status).toBe(422);
	});

	test("of which two messages are sent at once goes with one of them", async () => {
		const { id } = await ticket(home.as.supervisor);
		const { id: file } = await uploaded(home.as.supervisor, PNG, "x.png");
		const answers = await Promise.all([1, 2, 3].map(() => say(home.as.supervisor, id, { attachments: [file] })));
		expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422]);
	});

	test("of an internal note is not for customers, in no way", async () => {
		const { id } = await ticket(home.as.supervisor);
		const before = (await customer<Ticket & { version: number }>("GET", `/tickets/${id}`)).body;
		const file = await uploaded(home.as.supervisor, PNG, "secret.png");
		await say(home.as.supervisor, id, { kind: "internal_note", attachments: [file.id] });
		expect((await home.as.supervisor<Ticket>("GET", `/tickets/${id}`)).body.attachmentCount).toBe(1);
		expect((await customer<Ticket>("GET", `/tickets/${id}`)).body).toEqual(before);
		expect((await customer("GET", `/attachments/${file.id}`)).status).toBe(404);
		expect((await home.as.supervisor("GET", `/attachments/${file.id}`)).status).toBe(200);
	});
});

test("all files of a merged ticket are in the target too, those of notes for staff alone", async () => {
	const [source, target] = [await ticket(home.as.supervisor), await ticket(home.as.supervisor)];
	const files = [];
	for (const name of ["1.png", "2.png", "3.png"]) files.push((await uploaded(home.as.supervisor, PNG, name)).id);
	await say(home.as.supervisor, source.id, { attachments: files.slice(0, 2) });
	await say(home.as.supervisor, source.id, { attachments: files.slice(2), kind: "internal_note" });
	await home.as.supervisor("POST", `/tickets/${source.id}/merge`, { body: { targetId: target.id } });
	for (const [client, names] of [
		[home.as.supervisor, ["1.png", "2.png", "3.png"]],
		[customer, ["1.png", "2.png"]],
	] as const) {
		const read = (await client<Ticket>("GET", `/tickets/${target.id}`)).body;
		const shown = read.messages.flatMap(({ attachments }) => attachments);
		expect([read.attachmentCount, shown.map(({ fileName }) => fileName)]).toEqual([names.length, names]);
		for (const { url } of shown) expect((await download(url)).status).toBe(200);
	}
	expect((await customer("GET", `/attachments/${files[0]}`)).status).toBe(200);
	expect((await customer("GET", `/attachments/${files[2]}`)).status).toBe(404);
});

describe("the address of a file", () => {
	test("is for its file, tenant and time alone", async () => {
		const [one, two] = [await uploaded(home.as.agent, PNG, "1.png"), await uploaded(home.as.agent, PNG, "2.png")];
		const parts = new URL(one.url, desk.origin).searchParams;
		const address = (id: string, changes: Record<string, string>) =>
			`/api/attachments/${id}/content?${new URLSearchParams({ ...Object.fromEntries(parts), ...changes })}`;
		expect((await download(address(one.id, {}))).status).toBe(200);
		const later = String(Number(parts.get("expires")) + 1);
		for (const url of [
			address(two.id, {}),
			address(one.id, { tenant: foreign.id }),
			address(one.id, { expires: later }),
			address(one.id, { signature: "0".repeat(64) }),
			address(one.id, { signature: "x" }),
			`/api/attachments/${one.id}/content`,
		])
			expect((await download(url)).status).toBe(403);
		expect((await download(address("../../etc/passwd", {}))).status).toBe(404);
		clock.advance(14 * 60_000);
		expect((await download(one.url)).status).toBe(200);
		clock.advance(61_000);
		expect((await download(one.url)).status).toBe(403);
		const fresh = await home.as.agent<File>("GET", `/attachments/${one.id}`);
		expect((await download(fresh.body.url)).status).toBe(200);
	});
});

describe("an upload is refused", () => {
	test("by what it is", async () => {
		for (const [content, name] of [
			[EXE, "picture.png"],
			[PNG, "picture.exe"],
			[PNG, "picture.png.exe."],
			[PNG, "picture.EXE "],
			[Buffer.from("alert(1)"), "script.js"],
		] as const) {
			const { status, body } = await uploadForm(home.as.agent, content, name, "image/png");
			expect([name, status, (body as unknown as { code: string }).code]).toEqual([name, 415, "blocked_file_type"]);
		}
		const settings = { blockedAttachmentTypes: ["image/*", "pdf"] };
		await foreign.as.owner("PATCH", "/tenant", { body: { settings } });
		await until(async () => (await uploadRaw(foreign.as.owner, PNG, "picture.png")).status === 415);
		expect((await uploadRaw(foreign.as.owner, EXE, "a.exe")).status).toBe(201);
	});

	test("by its name, size and form", async () => {
		const { agent, viewer } = home.as;
		const send = async (raw: Buffer | string, headers: Record<string, string>, route = "/attachments") =>
			(await agent("POST", route, { raw, headers })).status;
		expect(await send(PNG, { "content-type": "image/png" })).toBe(422);
		expect(await send("", { "content-type": "image/png" }, "/attachments?fileName=a.png")).toBe(422);
		expect(await send(form(Buffer.alloc(0), "a.png"), FORM)).toBe(422);
		expect(await send("--limit--\r\n", FORM)).toBeGreaterThanOrEqual(400);
		expect(await send("nonsense", FORM)).toBe(400);
		expect(await send(PNG, { "content-type": "multipart/form-data" })).toBe(400);
		expect(await send(PNG, { "content-type": "multipart/mixed; boundary=limit" })).toBe(415);
		expect(await send("a=b", { "content-type": "application/x-www-form-urlencoded" })).toBe(415);
		expect(
			await send(PNG, { "content-type": "image/png", "content-encoding": "gzip" }, "/attachments?fileName=a"),
		).toBe(415);
		expect(await send(PNG, { "content-type": "image/png" }, "/attachments?fileName=a&x=1")).toBe(400);
		const two = Buffer.concat([form(PNG, "1.png").subarray(0, -"--limit--\r\n".length), form(PNG, "2.png")]);
		expect(await send(two, FORM)).toBe(422);
		const truncated = form(PNG, "1.png").subarray(0, 150);
		expect(await send(truncated, FORM)).toBe(400);
		expect((await uploadRaw(viewer, PNG, "a.png")).status).toBe(403);
		expect((await uploadRaw(desk.anonymous, PNG, "a.png")).status).toBe(401);
		expect((await uploadRaw(desk.platform, PNG, "a.png")).status).toBe(403);
	});

	test("for being too large, announced or not, and leaves nothing behind", async () => {
		const before = await blobs(home);
		const large = Buffer.alloc(21 * 1024 * 1024, 1);
		expect((await uploadRaw(home.as.agent, large, "large.bin")).status).toBe(413);
		expect((await uploadForm(home.as.agent, large, "large.bin")).status).toBe(413);
		expect((await uploadForm(home.as.agent, Buffer.alloc(26 * 1024 * 1024), "large.bin")).status).toBe(413);
		expect(await blobs(home)).toEqual(before);
		const most = await uploadForm(home.as.agent, large.subarray(0, 20 * 1024 * 1024), "most.bin");
		expect([most.status, most.body.sizeBytes]).toEqual([201, 20 * 1024 * 1024]);
	}, 60_000);

	test("when the client breaks off, and leaves nothing behind", async () => {
		const before = await blobs(home);
		const { body } = await home.as.owner<{ token: string }>("POST", "/tokens", {
			body: { name: "slow", userId: home.userIds.agent },
		});
		const socket = connect(Number(new URL(desk.origin).port), "127.0.0.1");
		socket.write(
			`POST /api/attachments?fileName=a.bin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${body.token}\r\n` +
				"Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n",
		);
		socket.write(Buffer.alloc(600_000, 7));
		await until(async () => (await blobs(home)).length > before.length);
		socket.destroy();
		await until(async () => (await blobs(home)).length === before.length);
	});
});

test("names are made harmless", async () => {
	for (const [given, kept] of [
		["../../../etc/passwd", "passwd"],
		["C:\\Windows\\evil.txt", "evil.txt"],
		["a\u0000b\u202Egnp.txt", "abgnp.txt"],
		["..", "attachment"],
		['we"ird<>|?.txt', "we_ird____.txt"],
		["con.txt", "_con.txt"],
		["Übersicht für März.txt", "Übersicht für März.txt"],
		[`${"x".repeat(400)}.txt`, `${"x".repeat(251)}.txt`],
	] as const) {
		const { status, body } = await uploadRaw(home.as.agent, Buffer.from("text"), given);
		expect([status, body.fileName]).toEqual([201, kept]);
		const header = (await download(body.url)).headers.get("content-disposition") ?? "";
		expect(header).toMatch(/^attachment; filename="[\x20-\x7e]+"; filename\*=UTF-8''[A-Za-z0-9%._~!-]+$/);
	}
});

test("whoever uploads and sends nothing is stopped some day", async () => {
	const { body } = await home.as.owner<{ token: string }>("POST", "/tokens", {
		body: { name: "hoarder", scopes: ["tickets.create"] },
	});
	const hoarder = desk.client(body.token);
	for (let round = 0; round < 10; round++) {
		const some = Array.from({ length: 20 }, () => uploadRaw(hoarder, Buffer.from("x"), "x.txt"));
		for (const { status } of await Promise.all(some)) expect(status).toBe(201);
	}
	const { status, headers } = await uploadRaw(hoarder, Buffer.from("x"), "x.txt");
	expect([status, headers.get("retry-after")]).toEqual([429, "600"]);
	expect((await uploadRaw(home.as.agent, Buffer.from("x"), "x.txt")).status).toBe(201);
});

describe("what nobody uses", () => {
	test("is thrown away on request", async () => {
		const file = await uploaded(home.as.agent, PNG, "x.png");
		expect((await home.as.supervisor("DELETE", `/attachments/${file.id}`)).status).toBe(404);
		expect(await blobs(home)).toContain(file.id);
		expect((await home.as.agent("DELETE", `/attachments/${file.id}`)).status).toBe(204);
		expect(await blobs(home)).not.toContain(file.id);
		expect((await download(file.url)).status).toBe(404);
	});

	test("is not what came with a message", async () => {
		const { id } = await ticket(home.as.supervisor);
		const [used, noted] = [await uploaded(home.as.admin, PNG, "1.png"), await uploaded(home.as.admin, PNG, "2.png")];
		await say(home.as.admin, id, { attachments: [used.id] });
		await say(home.as.admin, id, { attachments: [noted.id], kind: "internal_note" });
		for (const client of [home.as.admin, home.as.supervisor, customer]) {
			const refused = await client<{ code: string }>("DELETE", `/attachments/${used.id}`);
			expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
		}
		expect((await customer("DELETE", `/attachments/${noted.id}`)).status).toBe(404);
		expect((await foreign.as.owner("DELETE", `/attachments/${used.id}`)).status).toBe(404);
		expect(await blobs(home)).toEqual(expect.arrayContaining([used.id, noted.id]));
	});

	test("is swept after a day, and what is used stays", async () => {
		const { id } = await ticket(home.as.supervisor);
		const [used, unused] = [await uploaded(home.as.admin, PNG, "1.png"), await uploaded(home.as.admin, PNG, "2.png")];
		await say(home.as.admin, id, { attachments: [used.id] });
		clock.advance(24 * 3600 * 1000 + 1000);
		expect((await say(home.as.admin, id, { attachments: [unused.id] })).status).toBe(422);
		await sweep();
		const left = await blobs(home);
		expect([left.includes(used.id), left.includes(unused.id)]).toEqual([true, false]);
	});

	test("is what never arrived in full, when nobody is left who could take it back", async () => {
		const before = await blobs(home);
		const { body } = await home.as.owner<{ token: string }>("POST", "/tokens", {
			body: { name: "stuck", userId: home.userIds.agent },
		});
		const socket = connect(Number(new URL(desk.origin).port), "127.0.0.1").on("error", () => undefined);
		socket.write(
			`POST /api/attachments?fileName=a.bin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${body.token}\r\n` +
				"Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n",
		);
		socket.write(Buffer.alloc(300_000, 7));
		await until(async () => (await blobs(home)).length > before.length);
		clock.advance(24 * 3600 * 1000 + 1000);
		await sweep();
		expect((await blobs(home)).filter((id) => !before.includes(id))).toEqual([]);
		socket.destroy();
	});

	test("is what a redacted message had", async () => {
		const { id } = await ticket(home.as.supervisor);
		const file = await uploaded(home.as.admin, PNG, "1.png");
		const { body } = await say(home.as.admin, id, { attachments: [file.id] });
		const other = await ticket(home.as.supervisor);
		const merged = await home.as.supervisor("POST", `/tickets/${id}/merge`, { body: { targetId: other.id } });
		expect(merged.status).toBe(200);
		const route = `/tickets/${id}/messages/${body.id}/redact`;
		expect((await home.as.agent("POST", route, { body: { reason: "A password" } })).status).toBe(403);
		const redacted = await home.as.supervisor<Message & { body: string }>("POST", route, {
			body: { reason: "A password" },
		});
		expect(redacted.body).toMatchObject({ body: "[redacted]", attachments: [] });
		for (const one of [id, other.id]) {
			const read = (await home.as.supervisor<Ticket>("GET", `/tickets/${one}`)).body;
			expect([read.attachmentCount, JSON.stringify(read.messages).includes("See the file")]).toEqual([0, false]);
		}
		await until(async () => !(await blobs(home)).includes(file.id));
		expect((await download(file.url)).status).toBe(404);
	});
});
