import { newId } from "../../lib/ids.ts";

/** One request as its client saw it. */
export interface Seen {
	/** when it was sent and how long it took, ms of `performance.now()` */
	at: number;
	ms: number;
	/** 0 where there was no answer */
	status: number;
	route: string;
	code: string;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Whether the connection was refused: nothing was sent, so that a load balancer goes to the next gateway by itself. */
function isRefused(error: unknown): boolean {
	return (error as { cause?: { code?: string } }).cause?.code === "ECONNREFUSED";
}

/**
 * A steady load of reads and writes over several gateways, as it comes through a load balancer: in turn, and on to the
 * next one where a gateway accepts no connection. Nothing else is tried again.
 */
export class Traffic {
	readonly seen: Seen[] = [];
	private readonly origins: readonly string[];
	private readonly token: string;
	private readonly ticketId: string;
	private running = false;
	private turn = 0;
	private workers: Promise<void>[] = [];

	constructor(origins: readonly string[], token: string, ticketId: string) {
		this.origins = origins;
		this.token = token;
		this.ticketId = ticketId;
	}

	/** Begins to send, with so many clients at a time who rest between requests. */
	start(clients: number, restMs: number): void {
		this.running = true;
		this.workers = Array.from({ length: clients }, async () => {
			while (this.running) {
				await this.one();
				await pause(restMs);
			}
		});
	}

	async stop(): Promise<void> {
		this.running = false;
		await Promise.all(this.workers);
	}

	/** What was sent since a moment and was not answered as it should. */
	failuresSince(at: number): Seen[] {
		return this.seen.filter((one) => one.at >= at && (one.status === 0 || one.status >= 400));
	}

	countSince(at: number): number {
		return this.seen.filter((one) => one.at >= at).length;
	}

	private async one(): Promise<void> {
		const turn = this.turn++;
		const routes = [
			["GET", `/tickets/${this.ticketId}`],
			["GET", "/customers?limit=5"],
			["GET", "/knowledge-base/articles?limit=5"],
			["GET", "/dashboard/stats"],
			["GET", "/tickets/search?q=steady"],
			["POST", `/tickets/${this.ticketId}/messages`],
		] as const;
		const [method, route] = routes[turn % routes.length] ?? routes[0];
		const at = performance.now();
		const { status, code } = await this.send(method, route, turn);
		this.seen.push({ at, ms: performance.now() - at, status, code, route: `${method} ${route}` });
	}

	private async send(method: string, route: string, turn: number): Promise<{ status: number; code: string }> {
		for (let attempt = 0; ; attempt++) {
			const origin = this.origins[(turn + attempt) % this.origins.length];
			try {
				const response = await fetch(`${origin}/api${route}`, {
					method,
					headers: {
						authorization: `Bearer ${this.token}`,
						...(method === "POST" ? { "content-type": "application/json", "idempotency-key": newId() } : {}),
					},
					...(method === "POST" ? { body: JSON.stringify({ body: `Steady ${turn}` }) } : {}),
					signal: AbortSignal.timeout(15_000),
				});
				const text = await response.text();
				const code = response.ok ? "" : (/"code":"(\w+)"/.exec(text)?.[1] ?? "");
				return { status: response.status, code };
			} catch (error) {
				if (isRefused(error) && attempt < this.origins.length) continue;
				return { status: 0, code: (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name };
			}
		}
	}
}
