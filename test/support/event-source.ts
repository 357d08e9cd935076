import { type ClientRequest, get, type IncomingMessage } from "node:http";

/** One server-sent event. Comments have the event name `:`. */
export interface ReceivedEvent {
	event: string;
	id?: string;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
	data: any;
}

/** A client of a stream of server-sent events, in plain HTTP, with everything that it has received so far. */
export interface EventSourceClient {
	status: number;
	headers: IncomingMessage["headers"];
	/** what was no event: the body of a refusal */
	text: string;
	events: ReceivedEvent[];
	/** resolves when an event that fits is there; one that was waited for already does not count again */
	next(fits: (event: ReceivedEvent) => boolean, timeoutMs?: number): Promise<ReceivedEvent>;
	/** resolves when the server has ended the stream */
	ended: Promise<void>;
	pause(): void;
	resume(): void;
	/** breaks the connection off, as a client does that was killed */
	destroy(): void;
}

function parseBlock(block: string): ReceivedEvent | null {
	const event: ReceivedEvent = { event: "message", data: undefined };
	for (const line of block.split("\n")) {
		const at = line.indexOf(": ");
		const [field, value] = [line.slice(0, at), line.slice(at + 2)];
		if (line.startsWith(":")) return { event: ":", data: line.slice(1).trim() };
		if (field === "event" || field === "id") event[field] = value;
		if (field === "data") event.data = JSON.parse(value);
		if (field === "retry") return { event: "retry", data: Number(value) };
	}
	return event;
}

function connect(url: string, headers: Record<string, string>): Promise<[ClientRequest, IncomingMessage]> {
	return new Promise((resolve, reject) => {
		const request = get(url, { headers, agent: false }, (response) => resolve([request, response]));
		request.on("error", reject);
	});
}

/** Opens a stream. Resolves with the first bytes of the answer, whatever its status. */
export async function openEventSource(url: string, headers: Record<string, string> = {}): Promise<EventSourceClient> {
	const [request, response] = await connect(url, headers);
	const waiting = new Set<() => void>();
	let rest = "";
	let seen = 0;
	const isStream = (response.headers["content-type"] ?? "").startsWith("text/event-stream");
	const client: EventSourceClient = {
		status: response.statusCode ?? 0,
		headers: response.headers,
		text: "",
		events: [],
		ended: new Promise((resolve) => response.once("close", () => resolve())),
		next: (fits, timeoutMs = 30_000) =>
			new Promise((resolve, reject) => {
				const timer = setTimeout(() => {
					waiting.delete(look);
					reject(new Error(`no such event; there were ${JSON.stringify(client.events).slice(-1500)}`));
				}, timeoutMs);
				const look = () => {
					const at = client.events.findIndex((event, index) => index >= seen && fits(event));
					if (at < 0) return;
					seen = at + 1;
					clearTimeout(timer);
					waiting.delete(look);
					resolve(client.events[at] as ReceivedEvent);
				};
				waiting.add(look);
				look();
			}),
		pause: () => response.pause(),
		resume: () => response.resume(),
		destroy: () => request.destroy(),
	};
	response.setEncoding("utf8");
	response.on("error", () => undefined);
	request.on("error", () => undefined);
	response.on("data", (chunk: string) => {
		if (!isStream) {
			client.text += chunk;
			return;
		}
		const blocks = (rest + chunk).split("\n\n");
		rest = blocks.pop() ?? "";
		for (const block of blocks) {
			const event = parseBlock(block);
			if (event) client.events.push(event);
		}
		for (const look of [...waiting]) look();
	});
	if (!isStream) await client.ended;
	return client;
}
