import { blobsOf } from "../support/blobs.ts";
import { startCustomerDesk } from "../support/customer-desk.ts";
import type { Client, Desk, DeskTenant } from "../support/desk.ts";
import { until } from "../support/until.ts";

interface File {
	id: string;
	fileName: string;
	code?: string;
}

let desk: Desk;
let home: DeskTenant;
let foreign: DeskTenant;
let customer: Client;

beforeAll(async () => {
	({ desk, home, foreign, customer } = await startCustomerDesk());
}, 60_000);
afterAll(() => desk?.stop());

const CONTENT = Buffer.alloc(700_000, "a file of several parts ");
const FORM = "multipart/form-data; boundary=limit";

const form = (content: Buffer, fileName: string) =>
	Buffer.concat([
		Buffer.from(`--limit\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\n\r\n`),
		content,
		Buffer.from("\r\n--limit--\r\n"),
	]);
const upload = (client: Client, key: string | null, content = CONTENT, fileName = "notes.txt") =>
	client<File>("POST", "/attachments", {
		raw: form(content, fileName),
		headers: { "content-type": FORM, ...(key === null ? {} : { "idempotency-key": key }) },
	});
const blobs = () => blobsOf(desk, home.id);

test("a repeated upload is answered with the first one's file, and leaves no second one behind", async () => {
	const first = await upload(home.as.agent, "upload-1");
	expect([first.status, first.headers.get("idempotency-replayed")]).toEqual([201, null]);
	const kept = await blobs();
	const again = await upload(home.as.agent, "upload-1");
	expect([again.status, again.body]).toEqual([201, first.body]);
	expect(again.headers.get("idempotency-replayed")).toBe("true");
	expect(again.headers.get("location")).toBe(`/api/attachments/${first.body.id}`);
	await until(async () => (await blobs()).join() === kept.join());
	const { status } = await home.as.agent<File>("GET", `/attachments/${first.body.id}`);
	expect(status).toBe(200);
});

test("the key belongs to this file under this name, and to whoever sent it", async () => {
	const first = await upload(home.as.agent, "upload-2");
	const kept = await blobs();
	const other = Buffer.concat([CONTENT, Buffer.from("!")]);
	for (const answer of [
		await upload(home.as.agent, "upload-2", other),
		await upload(home.as.agent, "upload-2", CONTENT, "others.txt"),
	])
		expect([answer.status, answer.body.code]).toEqual([422, "idempotency_key_reused"]);
	await until(async () => (await blobs()).join() === kept.join());
	for (const client of [home.as.admin, customer, foreign.as.agent]) {
		const theirs = await upload(client, "upload-2");
		expect([theirs.status, theirs.headers.get("idempotency-replayed")]).toEqual([201, null]);
		expect(theirs.body.id).not.toBe(first.body.id);
	}
	const unkeyed = await upload(home.as.agent, null);
	expect([unkeyed.status, unkeyed.body.id === first.body.id]).toEqual([201, false]);
});

test("of several at once one becomes a file, and the others say so", async () => {
	const before = await blobs();
	const answers = await Promise.all(Array.from({ length: 6 }, () => upload(home.as.agent, "upload-3")));
	const made = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
	expect(made.size).toBe(1);
	for (const { status, body } of answers)
		if (status !== 201) expect([status, body.code]).toEqual([409, "idempotency_in_progress"]);
	const later = await upload(home.as.agent, "upload-3");
	expect(made.has(later.body.id)).toBe(true);
	await until(async () => (await blobs()).join() === [...before, ...made].sort().join());
});

test("a key that is none is refused, and nothing is kept", async () => {
	const kept = await blobs();
	const answer = await upload(home.as.agent, "k".repeat(256));
	expect([answer.status, answer.body.code]).toEqual([400, "invalid_request"]);
	await until(async () => (await blobs()).join() === kept.join());
});
