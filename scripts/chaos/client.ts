import { newId } from "../../lib/ids.ts";

/** What the last request of a command was answered. */
export interface Acknowledged<T> {
	status: number;
	body: T;
	/** how often it was sent until it was acknowledged */
	attempts: number;
}

/** An answer that a good client does not send again: the command is refused for good. */
export class Refused extends Error {
	override name = "Refused";
	readonly status: number;

	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

const PAUSE_MS = 150;
const REQUEST_TIMEOUT_MS = 20_000;
/** A command that nobody acknowledges for so long is given up, which is a violation, ms. */
const GIVE_UP_MS = 240_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * What a good client does: every command has an Idempotency-Key, and is sent again with it, to the next gateway, until
 * the answer says what became of it.
 */
export class PatientClient {
	/** how often each answer that led to a repeat came */
	readonly repeats = new Map<string, number>();
	/** how long commands took from the first request to the acknowledgement, ms */
	readonly latencies: number[] = [];
	private readonly origins: readonly string[];
	private turn = 0;

	constructor(origins: readonly string[]) {
		this.origins = origins;
	}

	/**
	 * Sends a command until it is acknowledged. A visitor's token is empty.
	 * @throws {Refused} for an answer that no repeat will change, or where none came for minutes
	 */
	async command<T>(token: string, method: string, route: string, body?: unknown): Promise<Acknowledged<T>> {
		const headers = { "idempotency-key": newId() };
		const begin = performance.now();
		for (let attempts = 1; ; attempts++) {
			const answer = await this.once<T>(token, method, route, body, headers);
			if (answer !== null) {
				this.latencies.push(performance.now() - begin);
				return { ...answer, attempts };
			}
			if (performance.now() - begin > GIVE_UP_MS) throw new Refused(0, `${method} ${route} was never acknowledged`);
			await pause(PAUSE_MS * Math.min(attempts, 5));
		}
	}

	/** Reads, again and again until there is an answer. */
	async read<T>(token: string, route: string): Promise<T> {
		const begin = performance.now();
		for (;;) {
			const answer = await this.once<T>(token, "GET", route, undefined, {});
			if (answer !== null) return answer.body;
			if (performance.now() - begin > GIVE_UP_MS) throw new Refused(0, `GET ${route} was never answered`);
			await pause(PAUSE_MS);
		}
	}

	private again(why: string): null {
		this.repeats.set(why, (this.repeats.get(why) ?? 0) + 1);
		return null;
	}

	private async once<T>(
		token: string,
		method: string,
		route: string,
		body: unknown,
		headers: Record<string, string>,
	): Promise<{ status: number; body: T } | null> {
		const origin = this.origins[this.turn++ % this.origins.length];
		let response: Response;
		let text: string;
		try {
			response = await fetch(`${origin}/api${route}`, {
				method,
				headers: {
					...headers,
					...(token === "" ? {} : { authorization: `Bearer ${token}` }),
					...(body === undefined ? {} : { "content-type": "application/json" }),
				},
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
				signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
			});
			text = await response.text();
		} catch (error) {
			return this.again((error as Error).name === "TimeoutError" ? "no answer" : "connection");
		}
		const { status } = response;
		if (status === 429) {
			await pause(1000 * Number(response.headers.get("retry-after") ?? 1));
			return this.again("429");
		}
		if (status >= 500) return this.again(String(status));
		const parsed = text === "" ? null : JSON.parse(text);
		if (status === 409 && parsed?.code === "idempotency_in_progress") return this.again("409 in progress");
		if (status >= 400)
			throw new Refused(status, `${method} ${route} ${JSON.stringify(body)} was answered ${status}: ${text}`);
		return { status, body: parsed as T };
	}
}
