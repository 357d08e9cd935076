import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RawExchange } from "../../services/gateway/raw-route.ts";
import { sendInParts } from "../../services/gateway/send-in-parts.ts";

/** What the server of a test answers with. */
let parts: (res: ServerResponse) => AsyncGenerator<Buffer, void>;
/** What became of the last answer. */
let sent: Promise<void>;
let server: Server;

beforeAll(async () => {
	server = createServer((req, res) => {
		sent = sendInParts({ req, res } as RawExchange, 206, { "X-Kind": "parts" }, parts(res));
		sent.catch(() => res.writeHead(500).end());
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
});
afterAll(() => {
	server.closeAllConnections();
	server.close();
});

async function ask(method = "GET"): Promise<IncomingMessage> {
	const asking = request({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", method });
	asking.end();
	const [answer] = (await once(asking, "response")) as [IncomingMessage];
	return answer;
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of answer) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

/** More than a socket takes in one go. */
const LARGE = 4_000_000;

test("a body goes out in the order of its parts, none of which leaves a listener behind", async () => {
	let mostListeners = 0;
	parts = async function* (res) {
		for (let number = 0; number < 12; number++) {
			mostListeners = Math.max(mostListeners, res.listenerCount("close"));
			yield Buffer.alloc(LARGE, number);
		}
	};
	const answer = await ask();
	expect([answer.statusCode, answer.headers["x-kind"]]).toEqual([206, "parts"]);
	const body = await bodyOf(answer);
	expect(body.length).toBe(12 * LARGE);
	for (let number = 0; number < 12; number++) expect(body[number * LARGE + 5]).toBe(number);
	expect(mostListeners).toBe(0);
});

test("one without any part is empty", async () => {
	parts = async function* () {};
	expect((await bodyOf(await ask())).length).toBe(0);
});

test("HEAD gets the head, and only the first part is asked for", async () => {
	let asked = 0;
	parts = async function* () {
		for (; ; asked++) yield Buffer.from("part");
	};
	const answer = await ask("HEAD");
	expect([answer.statusCode, (await bodyOf(answer)).length, asked]).toEqual([206, 0, 0]);
});

test("a first part that fails is told before the head goes out; a later one cuts the connection", async () => {
	const away = new Error("the service is away");
	// biome-ignore lint/correctness/useYield: it fails before it has any
	parts = async function* () {
		throw away;
	};
	expect((await ask()).statusCode).toBe(500);
	await expect(sent).rejects.toBe(away);
	parts = async function* () {
		yield Buffer.from("part");
		throw away;
	};
	await expect(ask().then(bodyOf)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
	await sent;
});

test("nothing more is asked for once the client has left", async () => {
	let asked = 0;
	parts = async function* () {
		for (; ; asked++) yield Buffer.alloc(LARGE);
	};
	const answer = await ask();
	await once(answer, "readable");
	answer.destroy();
	await sent;
	expect(asked).toBeLessThan(10);
});
