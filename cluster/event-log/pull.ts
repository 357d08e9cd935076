import type { ConsumerConfig, Msg, Subscription } from "nats";
import { natsLibrary } from "../nats/connection.ts";
import type { Link } from "./link.ts";
import { CONSUMER_IDLE_MS, nanoseconds } from "./settings.ts";

/** A message of a stream as a consumer of ours got it. */
export interface Arrival {
	position: number;
	subject: string;
	data: Uint8Array;
	message: Msg;
	/** How many messages the server has still to deliver after this one. */
	pending: number;
}

export interface PullOptions {
	stream: string;
	/** Begins after this position. */
	after: number;
	/** One filter over the subjects; default everything. */
	filter?: string;
	/** Leaves the bodies out. */
	headersOnly?: boolean;
	/** Called for each message in the order of the stream, none left out. */
	take(arrival: Arrival): void;
}

/** A request for messages stays open so long, and the server gives a sign of life so often meanwhile, ms. */
const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 1_000;
/** After so long a silence the request is given up, ms. */
const SILENCE_MS = 4_000;

/** Messages may have been lost on the way: begin a new pull where this one ended. */
export class PullLost extends Error {}

interface Request {
	number: number;
	left: number;
	heardAt: number;
	resolve: () => void;
	reject: (error: Error) => void;
}

/**
 * Reads a stream in order through a consumer of its own on the server, which keeps no account of what was handled: that
 * is the group's own business. The messages of a consumer are numbered without gaps; one that does not come next means
 * that some were lost, and ends the pull.
 */
export class Pull {
	/** How many messages there were to read when it began. */
	readonly pending: number;
	readonly #link: Link;
	readonly #options: PullOptions;
	readonly #consumer: string;
	readonly #inbox: string;
	readonly #subscription: Subscription;
	readonly #watchdog: NodeJS.Timeout;
	#delivered = 0;
	#requests = 0;
	#request: Request | null = null;
	#ended: Error | null = null;

	private constructor(link: Link, options: PullOptions, consumer: string, pending: number) {
		this.#link = link;
		this.#options = options;
		this.#consumer = consumer;
		this.pending = pending;
		this.#inbox = natsLibrary().createInbox();
		this.#subscription = link.connection.subscribe(`${this.#inbox}.*`, {
			callback: (error, message) => (error ? this.#end(error) : this.#receive(message)),
		});
		this.#watchdog = setInterval(() => this.#watch(), HEARTBEAT_MS).unref();
	}

	static async open(link: Link, options: PullOptions): Promise<Pull> {
		const { AckPolicy, DeliverPolicy, nuid } = natsLibrary();
		const config: Partial<ConsumerConfig> = {
			name: `reader-${nuid.next()}`,
			ack_policy: AckPolicy.None,
			deliver_policy: DeliverPolicy.StartSequence,
			opt_start_seq: options.after + 1,
			inactive_threshold: nanoseconds(CONSUMER_IDLE_MS),
			mem_storage: true,
			...(options.filter === undefined ? {} : { filter_subject: options.filter }),
			...(options.headersOnly ? { headers_only: true } : {}),
		};
		const info = await link.manager.consumers.add(options.stream, config);
		return new Pull(link, options, info.name, info.num_pending);
	}

	/**
	 * Asks for so many messages; resolves when they are there, or when there are no more: at once, or with `wait` when
	 * none came for a while. One call at a time.
	 * @throws {PullLost} when messages may have been lost
	 */
	fetch(batch: number, wait: boolean): Promise<void> {
		return new Promise((resolve, reject) => {
			if (this.#ended) return reject(this.#ended);
			const number = ++this.#requests;
			this.#request = { number, left: batch, heardAt: performance.now(), resolve, reject };
			const times = { expires: nanoseconds(EXPIRES_MS), idle_heartbeat: nanoseconds(HEARTBEAT_MS) };
			const body = JSON.stringify({ batch, ...(wait ? times : { no_wait: true }) });
			const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#options.stream}.${this.#consumer}`;
			this.#link.connection.publish(subject, body, { reply: `${this.#inbox}.${number}` });
		});
	}

	close(): void {
		this.#end(new PullLost("the pull was closed"));
	}

	#end(error: Error): void {
		if (this.#ended) return;
		this.#ended = error;
		clearInterval(this.#watchdog);
		this.#request?.reject(error);
		this.#request = null;
		if (this.#link.connection.isClosed()) return;
		this.#subscription.unsubscribe();
		if (this.#link.isUp) this.#link.manager.consumers.delete(this.#options.stream, this.#consumer).catch(() => {});
	}

	#watch(): void {
		const request = this.#request;
		if (request && performance.now() - request.heardAt > SILENCE_MS) this.#end(new PullLost("the server is silent"));
	}

	#receive(message: Msg): void {
		if (this.#ended) return;
		const request = this.#request;
		if (request) request.heardAt = performance.now();
		const code = message.headers?.code ?? 0;
		if (message.subject.startsWith(this.#inbox)) {
			this.#status(message, code);
			return;
		}
		const arrival = arrivalOf(message);
		if (arrival.delivery !== this.#delivered + 1) {
			this.#end(new PullLost("a message is missing"));
			return;
		}
		this.#delivered++;
		this.#options.take(arrival);
		if (request && --request.left === 0) this.#finish(request);
	}

	/** A status is the server's word on one request: 100 sign of life, 404 and 408 nothing more, the rest is trouble. */
	#status(message: Msg, code: number): void {
		if (code === 100) return;
		const request = this.#request;
		if (code === 404 || code === 408) {
			if (request && message.subject.endsWith(`.${request.number}`)) this.#finish(request);
			return;
		}
		this.#end(new PullLost(`the server says ${code} ${message.headers?.description ?? ""}`.trim()));
	}

	#finish(request: Request): void {
		this.#request = null;
		request.resolve();
	}
}

/** Reads the place of a message from its reply subject, where the server puts it; newer servers add two names before. */
function arrivalOf(message: Msg): Arrival & { delivery: number } {
	const names = (message.reply ?? "").split(".");
	const [position, delivery, , pending] = names.slice(names.length > 9 ? 7 : 5).map(Number) as [
		number,
		number,
		number,
		number,
	];
	return { position, delivery, pending, subject: message.subject, data: message.data, message };
}
