import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { ServiceSchema } from "moleculer";
import { abortUpload, beginUpload, finishUpload, uploadPart } from "../../contracts/attachments.ts";
import { newId } from "../../lib/ids.ts";
import { action } from "../../mixins/action.ts";
import { startGateway, type TestGateway } from "./start.ts";

/*
 * Uploads as the gateway sees them: a client that takes its time, and one whose file is refused while it still sends.
 */

let gateway: TestGateway;
const parts: number[] = [];
let aborted = 0;

/** Keeps nothing but the sizes of parts; fails at the third where the file is called `fails`. */
function keeper(): ServiceSchema {
	const names = new Map<string, string>();
	return {
		name: "tickets",
		actions: {
			beginUpload: action(beginUpload, async ({ params: { fileName, data } }) => {
				const id = newId();
				names.set(id, fileName);
				parts.push(Buffer.from(data, "base64").length);
				return { id };
			}),
			uploadPart: action(uploadPart, async ({ params: { id, part, data } }) => {
				if (names.get(id) === "fails" && part === 2) throw new Error("The disk is full.");
				parts.push(Buffer.from(data, "base64").length);
				return null;
			}),
			finishUpload: action(finishUpload, async ({ params: { id, sizeBytes, sha256 } }) => {
				const file = { id, fileName: names.get(id) ?? "", contentType: "text/plain", sizeBytes, sha256 };
				return { ...file, inline: false, url: "/" };
			}),
			abortUpload: action(abortUpload, async () => {
				aborted++;
				return null;
			}),
		},
	} as unknown as ServiceSchema;
}

beforeAll(async () => {
	gateway = await startGateway({
		services: [keeper()],
		server: { headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 },
	});
}, 60_000);
afterAll(() => gateway?.stop());
beforeEach(() => {
	parts.length = 0;
	aborted = 0;
});

test("a slow client is waited for longer than with other requests", async () => {
	const socket = connect(gateway.port, "127.0.0.1");
	const closed = new Promise((resolve) => socket.once("close", resolve));
	let answer = "";
	socket.on("data", (chunk) => {
		answer += chunk.toString("latin1");
	});
	socket.write(
		"POST /api/attachments?fileName=a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer owner-token\r\nConnection: close\r\n" +
			"Content-Type: text/plain\r\nContent-Length: 10\r\n\r\n",
	);
	for (let sent = 0; sent < 10; sent++) {
		socket.write("x");
		await pause(30);
	}
	await closed;
	expect(answer).toMatch(/^HTTP\/1\.1 201 .*"sizeBytes":10/s);
	expect(parts).toEqual([10]);
});

test("a file goes on part by part, the last one shorter", async () => {
	const raw = new Uint8Array(600_000);
	const { status, json } = await gateway.ask("POST", "/api/attachments?fileName=a.bin", {
		raw,
		headers: { "content-type": "application/octet-stream" },
	});
	expect([status, json.sizeBytes]).toEqual([201, 600_000]);
	expect(parts).toEqual([262_144, 262_144, 75_712]);
});

test("a failure of whoever keeps it ends the upload, in forms too, and is no fault of the client's", async () => {
	const raw = new Uint8Array(3_000_000);
	const plain = await gateway.ask("POST", "/api/attachments?fileName=fails", {
		raw,
		headers: { "content-type": "application/octet-stream" },
	});
	expect([plain.status, plain.json.code]).toEqual([500, "internal"]);
	const head = Buffer.from('--b\r\nContent-Disposition: form-data; name="f"; filename="fails"\r\n\r\n');
	const form = await gateway.ask("POST", "/api/attachments", {
		raw: Buffer.concat([head, raw, Buffer.from("\r\n--b--\r\n")]),
		headers: { "content-type": "multipart/form-data; boundary=b" },
	});
	expect([form.status, form.json.code]).toEqual([500, "internal"]);
	expect(aborted).toBe(2);
});

test("a page of our own may upload by its cookie, a page of others may not", async () => {
	const send = (headers: Record<string, string>) =>
		gateway.ask("POST", "/api/attachments?fileName=a.txt", {
			token: null,
			raw: "text",
			headers: { "content-type": "text/plain", cookie: "conductor_session=owner-token", ...headers },
		});
	expect((await send({ "sec-fetch-site": "same-origin" })).status).toBe(201);
	for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }, {}])
		expect((await send(headers as Record<string, string>)).json.code).toBe("cross_site");
});
