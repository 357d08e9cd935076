import type { Service, ServiceBroker } from "moleculer";
import type { EventLog } from "../lib/event-log.ts";

/** How long a dependency may take to answer before it counts as gone, ms. */
const PATIENCE_MS = 2000;

type Outcome = "ok" | "failed";

export interface Readiness {
	ready: boolean;
	status: "ready" | "starting" | "draining" | "unavailable";
	/** the event log and the store of each service of this process */
	checks: Record<string, Outcome>;
}

interface WithStore extends Service {
	pingStore?: () => Promise<void>;
}

async function outcome(ask: () => Promise<void>): Promise<Outcome> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<Outcome>((resolve) => {
		timer = setTimeout(resolve, PATIENCE_MS, "failed");
	});
	const asked = ask().then(
		(): Outcome => "ok",
		(): Outcome => "failed",
	);
	return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/** How this process and the services behind the gateway are doing. Says no more than names and words to anybody. */
export class Health {
	private readonly broker: ServiceBroker;
	private readonly events: EventLog;
	private readonly draining: () => boolean;
	private asking: Promise<Readiness> | null = null;
	private ran = false;

	constructor(broker: ServiceBroker, events: EventLog, draining: () => boolean) {
		this.broker = broker;
		this.events = events;
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
		const services = (this.broker.services as WithStore[]).filter((service) => service.pingStore);
		const results = await Promise.all([
			outcome(() => this.events.ping()).then((result) => ["events", result] as const),
			...services.map((service) =>
				outcome(async () => service.pingStore?.()).then((result) => [service.name, result] as const),
			),
		]);
		const checks = Object.fromEntries(results);
		if (!started) return { ready: false, status: "starting", checks };
		const ready = results.every(([, result]) => result === "ok");
		return { ready, status: ready ? "ready" : "unavailable", checks };
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
