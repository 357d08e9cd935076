import { type Context, type Endpoint, type Middleware, type ServiceBroker, Strategies } from "moleculer";
import type { Metrics } from "../lib/metrics.ts";
import { NodeWatch, TICK_MS } from "./node-watch.ts";

type Handler = (ctx: Context) => Promise<unknown>;
type Receive = (command: string, packet: { payload?: { sender?: string } }) => Promise<unknown>;

interface Node {
	id: string;
	local: boolean;
	available: boolean;
	services: { name: string }[];
}

/** The parts of the library that its types do not tell of. */
interface Internals {
	registry: {
		nodes: { get(id: string): Node | undefined; toArray(): Node[] };
		discoverer: { remoteNodeDisconnected(id: string, unexpected: boolean): void; discoverNode(id: string): unknown };
	};
	transit?: { sendPing(node: string): Promise<unknown>; tx: { isUp?: boolean } };
}

/** Whether some service would have no copy left without a node. */
function isLastOfSome(nodes: readonly Node[], id: string): boolean {
	const others = nodes.filter((node) => node.available && node.id !== id);
	const elsewhere = new Set(others.flatMap((node) => node.services.map(({ name }) => name)));
	const own = nodes.find((node) => node.id === id)?.services ?? [];
	return own.some(({ name }) => !name.startsWith("$") && !elsewhere.has(name));
}

/** What keeps calls away from processes that died or froze. */
export interface Ejection {
	middleware: Middleware;
	/** Balances calls: to whom has the fewest to answer and is not under suspicion; in turn where that is the same. */
	strategy: typeof Strategies.Base;
	/** Something that was sent to a node did not reach it. */
	missed(node: string): void;
}

/**
 * Calls to a process that died are given up within a second, to one that gives no sign of life within three, long before
 * its heartbeats are missed: it is taken out of the registry as if it had left, and its calls end with
 * `REQUEST_REJECTED`. It is called again as soon as anything is heard of it. A process that is merely slow is left alone,
 * for it answers a ping, and so is the last copy of a service.
 */
export function ejection(metrics: Metrics | null): Ejection {
	const watch = new NodeWatch();

	function giveUp(broker: ServiceBroker, id: string): void {
		const { registry } = broker as unknown as Internals;
		const node = registry.nodes.get(id);
		if (!node?.available) return;
		broker.logger.warn({ node: id }, "a process gives no sign of life: it is called no more until it does");
		for (const { name } of node.services)
			if (!name.startsWith("$")) metrics?.count("conductor_ejections_total", { service: name });
		registry.discoverer.remoteNodeDisconnected(id, true);
	}

	function tick(broker: ServiceBroker): void {
		const { registry, transit } = broker as unknown as Internals;
		// Nobody can be heard without a connection; that says nothing about them.
		if (transit?.tx.isUp === false) return;
		const { ask, giveUp: gone } = watch.tick(performance.now(), (id) => isLastOfSome(registry.nodes.toArray(), id));
		for (const id of ask) void transit?.sendPing(id).catch(() => undefined);
		for (const id of gone) giveUp(broker, id);
	}

	let ticker: NodeJS.Timeout | undefined;
	const middleware = {
		name: "Ejection",
		starting(broker: ServiceBroker) {
			if ((broker as unknown as Internals).transit) ticker = setInterval(tick, TICK_MS, broker).unref();
		},
		stopped: () => clearInterval(ticker),
		remoteAction(next: Handler): Handler {
			return async function watched(ctx) {
				const id = ctx.nodeID as string;
				watch.begin(id, performance.now());
				try {
					return await next(ctx);
				} catch (error) {
					if ((error as { type?: unknown }).type === "NOT_DELIVERED") watch.missed(id);
					throw error;
				} finally {
					watch.end(id);
				}
			};
		},
		transitMessageHandler(this: { broker: ServiceBroker }, next: Receive): Receive {
			const { registry } = this.broker as unknown as Internals;
			return (command, packet) => {
				const { sender } = packet?.payload ?? {};
				if (sender !== undefined && command === "DISCONNECT") watch.forget(sender);
				else if (sender !== undefined && watch.heard(sender, performance.now()))
					registry.discoverer.discoverNode(sender);
				return next(command, packet);
			};
		},
	};

	class LeastBusy extends Strategies.Base {
		private turn = 0;

		override select(list: Endpoint[]): Endpoint {
			this.turn = (this.turn + 1) % list.length;
			let best = list[this.turn] as Endpoint;
			let least = Number.POSITIVE_INFINITY;
			for (let step = 0; step < list.length; step++) {
				const endpoint = list[(this.turn + step) % list.length] as Endpoint;
				const busy = watch.underWay(endpoint.id) + (watch.isSilent(endpoint.id) ? 1e6 : 0);
				if (busy < least) [best, least] = [endpoint, busy];
			}
			return best;
		}
	}

	return { middleware: middleware as unknown as Middleware, strategy: LeastBusy, missed: (node) => watch.missed(node) };
}
