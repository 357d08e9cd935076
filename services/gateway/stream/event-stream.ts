import type { ServerResponse } from "node:http";

export interface ServerSentEvent {
	event: string;
	data: unknown;
	id?: string;
}

/** How long a closed stream's last event may take to reach the client, ms. */
const LAST_WORD_MS = 300;

const HEADERS = {
	"Content-Type": "text/event-stream; charset=utf-8",
	"Cache-Control": "no-store, no-transform",
	// Asks proxies in front of us not to collect what is written.
	"X-Accel-Buffering": "no",
};

/** Events as they go over the wire (WHATWG HTML, "Server-sent events"). JSON has no line breaks of its own. */
export function formatEvents(events: readonly ServerSentEvent[]): string {
	return events
		.map(({ event, data, id }) => {
			const idLine = id === undefined ? "" : `id: ${id.replaceAll(/[\0\r\n]/g, "")}\n`;
			return `event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`;
		})
		.join("");
}

/** Sets the headers of a stream without beginning it. */
export function setStreamHeaders(res: ServerResponse): void {
	for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value);
}

/**
 * One response that goes on. Holds at most what was sent last: whoever sends waits until the network has taken it. A
 * client that takes nothing for `stallMs` is cut off.
 */
export class EventStream {
	private readonly res: ServerResponse;
	private readonly stallMs: number;
	private pending: Promise<void> | null = null;

	constructor(res: ServerResponse, stallMs: number) {
		this.res = res;
		this.stallMs = stallMs;
	}

	/** Sends the headers. */
	open(): void {
		setStreamHeaders(this.res);
		this.res.socket?.setNoDelay(true);
		this.res.flushHeaders();
	}

	/** Whether the network has taken everything so far. */
	get idle(): boolean {
		return this.pending === null;
	}

	get closed(): boolean {
		return this.res.destroyed || this.res.writableEnded;
	}

	/** Resolves when everything so far is taken, or the client is gone. */
	taken(): Promise<void> {
		return this.pending ?? Promise.resolve();
	}

	/** Writes; to be called when idle. */
	send(text: string): void {
		const { res } = this;
		if (text === "" || this.closed) return;
		const sent = new Promise<void>((resolve) => {
			const stalled = setTimeout(() => res.destroy(), this.stallMs).unref();
			const done = () => {
				clearTimeout(stalled);
				res.off("close", done);
				if (this.pending === sent) this.pending = null;
				resolve();
			};
			res.once("close", done);
			res.write(text, done);
		});
		this.pending = sent;
	}

	/** Ends an opened stream with a last event, and the connection where that cannot be delivered soon. */
	close(reason: string): void {
		if (this.closed || !this.res.headersSent) return;
		this.res.end(formatEvents([{ event: "closed", data: { reason } }]));
		const late = setTimeout(() => this.res.destroy(), LAST_WORD_MS).unref();
		this.res.once("close", () => clearTimeout(late));
	}
}
