import type { Service, ServiceBroker } from "moleculer";
import { within } from "../lib/within.ts";
import type { Runtime } from "./runtime.ts";

/** How long a dependency may take to answer before it counts as gone, ms. */
const PATIENCE_MS = 2000;

/** `degraded` is what the process can do without: it costs speed, and is no reason to send nobody here. */
type Outcome = "ok" | "failed" | "degraded";

type Check = readonly [name: string, outcome: Outcome];

export interface Readiness {
	ready: boolean;
	status: "ready" | "starting" | "draining" | "unavailable";
	/** the connection to other processes, the event log, what is shared for speed, and the store of each service here */
	checks: Record<string, Outcome>;
}

interface WithStore extends Service {
	pingStore?: () => Promise<void>;
}

/** A transporter that can be asked whether its server answers. The broker's own word is that it once did. */
interface Askable {
	ping?: (patienceMs: number) => Promise<void>;
}

async function check(name: string, ask: () => Promise<unknown>, otherwise: Outcome = "failed"): Promise<Check> {
	return within(PATIENCE_MS, ask()).then(
		() => [name, "ok"],
		() => [name, otherwise],
	);
}

/** How this process and the services behind the gateway are doing. Says no more than names and words to anybody. */
export class Health {
	private readonly broker: ServiceBroker;
	private readonly runtime: Pick<Runtime, "events" | "memory">;
	private readonly draining: () => boolean;
	private asking: Promise<Readiness> | null = null;
	private ran = false;

	constructor(broker: ServiceBroker, runtime: Pick<Runtime, "events" | "memory">, draining: () => boolean) {
		this.broker = broker;
		this.runtime = runtime;
		this.draining = draining;
	}

	/** Whether the process should get requests: everything it stands on is asked, once for all who ask at the same time. */
	readiness(): Promise<Readiness> {
		this.asking ??= this.ask().finally(() => {
			this.asking = null;
		});
		return this.asking;
	}

	private async ask(): Promise<Readiness> {
		const { started = false } = this.broker as { started?: boolean };
		this.ran ||= started;
		// The broker no longer counts as started as soon as it begins to stop, a moment before connections are drained.
		if (this.draining() || (this.ran && !started)) return { ready: false, status: "draining", checks: {} };
		const results = await Promise.all(this.checks());
		const checks = Object.fromEntries(results);
		if (!started) return { ready: false, status: "starting", checks };
		const ready = results.every(([, result]) => result !== "failed");
		return { ready, status: ready ? "ready" : "unavailable", checks };
	}

	private checks(): Promise<Check>[] {
		const { events, memory } = this.runtime;
		const transporter = this.broker.transit?.tx as Askable | undefined;
		const stores = (this.broker.services as WithStore[]).filter((service) => service.pingStore);
		return [
			...(transporter?.ping ? [check("nats", async () => transporter.ping?.(PATIENCE_MS))] : []),
			check("events", () => events.ping()),
			...(memory ? [check("redis", () => memory.ping(), "degraded")] : []),
			...stores.map((service) => check(service.name, async () => service.pingStore?.())),
		];
	}

	/** Which of the services that have routes can be reached now, and on how many nodes. */
	summary(names: readonly string[]) {
		const nodes = new Map<string, Set<string>>();
		for (const { name, nodeID = "" } of this.broker.registry.getServiceList({
			onlyAvailable: true,
			skipInternal: true,
		}))
			nodes.set(name, (nodes.get(name) ?? new Set()).add(nodeID));
		const services = names.map((name) => {
			const count = nodes.get(name)?.size ?? 0;
			return { name, status: count > 0 ? "up" : "down", nodes: count };
		});
		return { status: services.every(({ status }) => status === "up") ? "ok" : "degraded", services };
	}
}
