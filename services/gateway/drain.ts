import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface DrainOptions {
	/** how long an idle connection may still bring a request that was on its way, ms */
	graceMs: number;
	/** how long requests under way may take before their connections are cut, ms */
	capMs: number;
}

const POLL_MS = 10;

/** Counts the requests under way and lets a server come to rest without breaking any of them. */
export class Drain {
	/** no new connections; every answer now closes its own */
	draining = false;
	private underWay = 0;

	begin(): void {
		this.underWay++;
	}

	end(): void {
		this.underWay--;
	}

	/**
	 * Stops accepting connections and resolves when every request that reached us is answered. Connections are not cut
	 * while idle at once, because a request may already be on its way on them: each closes with its next answer, or after
	 * the grace.
	 */
	async run(server: Server, { graceMs, capMs }: DrainOptions): Promise<void> {
		this.draining = true;
		if (!server.listening) return;
		// http.Server's own close() would cut idle connections; its parent's only stops listening.
		const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
		let open = true;
		void closed.then(() => {
			open = false;
		});
		const since = performance.now();
		const passed = () => performance.now() - since;
		while (open && (this.underWay > 0 || passed() < graceMs) && passed() < capMs) await delay(POLL_MS);
		server.closeIdleConnections();
		while (open && this.underWay > 0 && passed() < capMs) await delay(POLL_MS);
		server.closeAllConnections();
	}
}
