import { LRUCache } from "lru-cache";
import type { Service } from "moleculer";
import { republishEvents } from "../contracts/republish.ts";
import type { DomainEvent, SubscribeOptions } from "../lib/event-log.ts";
import { inBackground } from "./log-context.ts";
import type { Runtime } from "./runtime.ts";

/** How many subjects are remembered, the latest first, and how long one asked for is left alone, ms. */
const SUBJECTS = 20_000;
const ASK_AGAIN_MS = 60_000;

const ASK_TIMEOUT_MS = 5000;

/**
 * Notices when a version of a subject is missing between two events. That need not be a loss: a version may have had no
 * event, and the event may be on its way. Asking costs the owner one look at an index, at most once a minute for a subject.
 */
export class GapWatch {
	private readonly ask: (event: DomainEvent, after: number) => void;
	private readonly now: () => number;
	private readonly latest = new LRUCache<string, number>({ max: SUBJECTS });
	private readonly asked = new LRUCache<string, number>({ max: SUBJECTS });

	/** `ask` is given the event behind the gap and the sequence before it; `now` the time in ms. */
	constructor(ask: (event: DomainEvent, after: number) => void, now: () => number) {
		this.ask = ask;
		this.now = now;
	}

	/** An event of the log went by, whatever becomes of it. */
	saw(event: DomainEvent): void {
		const key = `${event.tenantId} ${event.subject}`;
		const before = this.latest.get(key);
		if (before !== undefined && event.sequence <= before) return;
		this.latest.set(key, event.sequence);
		if (before === undefined || event.sequence === before + 1) return;
		const asked = this.asked.get(key);
		if (asked !== undefined && this.now() - asked < ASK_AGAIN_MS) return;
		this.asked.set(key, this.now());
		this.ask(event, before);
	}
}

/**
 * A subscription that asks the owner of a subject to publish again what is missing, without waiting for it. Where the log
 * is the lasting record nothing can be missing, and the subscription stays as it is.
 */
export function watchingGaps(runtime: Runtime, service: Service, options: SubscribeOptions): SubscribeOptions {
	if (runtime.events.isRecord) return options;
	const watch = new GapWatch(
		(event, after) => inBackground(() => askOwner(runtime, service, event, after)),
		() => runtime.clock.now().getTime(),
	);
	const { handler } = options;
	return {
		...options,
		passed: (event) => watch.saw(event),
		handler: (event, delivery) => {
			watch.saw(event);
			return handler(event, delivery);
		},
	};
}

function askOwner(runtime: Runtime, service: Service, event: DomainEvent, after: number): void {
	const { tenantId, subject, sequence, source } = event;
	runtime.metrics.count("conductor_event_gap_requests_total", { service: service.name });
	const missing = { tenantId, subject, afterSequence: after, beforeSequence: sequence };
	service.broker
		.call(republishEvents(source).name, missing, { timeout: ASK_TIMEOUT_MS })
		.catch((error: unknown) =>
			service.logger.warn({ err: error, subject, source }, "The owner could not be asked for events that are missing"),
		);
}
