import type { TicketPriority, TicketStatus } from "../../../models/ticket.ts";
import type { SlaInstance, SlaMetric, TicketSla } from "../../../models/ticket-sla.ts";
import { calculated, DELETED, DONE, type Terms } from "./promise-calculation.ts";
import { advance, instanceOf, isEnded } from "./promise-states.ts";

/*
 * The clocks of a ticket as pure functions: what they are is what the facts of its history make of them, one after the
 * other. There are three: the first response and the resolution, once in a ticket, and a next response whenever a
 * customer waits after that. They run also where nothing is promised, so that a policy that comes later counts from the
 * start. No clock of the machine, no store, no framework.
 */

/** What happened to a ticket in one commit, as far as its clocks care. */
export interface SlaFact {
	at: Date;
	/** its first: who wrote the first message, null where there is none */
	opened?: { first: "customer" | "agent" | "system" | null };
	/** a public message by a person: what is sent by itself is no answer */
	message?: "customer" | "agent";
	noReplyNeeded?: boolean;
	/** the status that it got */
	status?: TicketStatus;
	/** whether somebody of staff did it */
	byAgent?: boolean;
	/** it went up in another ticket */
	merged?: boolean;
	/** true: it was deleted, false: it came back */
	deleted?: boolean;
	/** what holds from now on, and the priority that it is asked by; null terms: nothing */
	terms?: { terms: Terms | null; priority: TicketPriority };
	/** the broken promise that is forgiven */
	waived?: SlaMetric;
}

/** A ticket's clocks on their way through one fact. */
class Clocks {
	sla: TicketSla;
	private readonly at: Date;
	private readonly terms: Terms | null;
	private readonly priority: TicketPriority;

	constructor(sla: TicketSla, at: Date, terms: Terms | null, priority: TicketPriority) {
		this.sla = { ...sla, instances: [...sla.instances], statuses: [...sla.statuses] };
		this.at = at;
		this.terms = terms;
		this.priority = priority;
	}

	get status(): string {
		return this.sla.statuses.at(-1)?.status ?? "new";
	}

	running(metric: SlaMetric): SlaInstance | undefined {
		const one = instanceOf(this.sla, metric);
		return one && !isEnded(one) ? one : undefined;
	}

	private put(changed: SlaInstance): void {
		const index = this.sla.instances.findIndex(({ metric }) => metric === changed.metric);
		if (index >= 0) this.sla.instances[index] = changed;
		else this.sla.instances.push(changed);
	}

	private calculate(one: SlaInstance, target = one.targetSec): SlaInstance {
		return calculated(one, this.sla, this.terms, this.at, target);
	}

	private targetOf(metric: SlaMetric): number | null {
		return this.terms?.targets[metric][this.priority] ?? null;
	}

	start(metric: SlaMetric): void {
		const instanceNo = metric === "next_response" ? ++this.sla.nextResponses : 1;
		const fresh: SlaInstance = {
			...{ metric, instanceNo, startedAt: this.at, pauses: [], targetSec: null },
			...{ termsId: null, policyId: null, policyVersion: null, calendarId: null },
			...{ dueAt: null, remainingSec: null, atRiskAt: null, atRiskEventAt: null, breachedAt: null },
			...{ fulfilledAt: null, cancelledAt: null, cancelReason: null, waivedAt: null },
			...{ elapsedSec: 0, breachedBySec: 0, neverOpens: false },
		};
		this.put(this.calculate(fresh, this.targetOf(metric)));
	}

	fulfil(metric: SlaMetric): void {
		const one = this.running(metric);
		if (!one) return;
		const done = this.calculate({ ...one, fulfilledAt: this.at });
		const late = done.breachedAt && done.targetSec !== null ? Math.max(0, done.elapsedSec - done.targetSec) : 0;
		this.put({ ...done, breachedBySec: late });
	}

	cancel(metric: SlaMetric, cancelReason: string): void {
		const one = this.running(metric);
		if (one) this.put(this.calculate({ ...one, cancelledAt: this.at, cancelReason }));
	}

	cancelAll(reason: string): void {
		for (const { metric } of [...this.sla.instances]) this.cancel(metric, reason);
	}

	/** Goes on with what had come to its end, by the terms that hold now. */
	private resume(one: SlaInstance): void {
		const running = { ...one, fulfilledAt: null, cancelledAt: null, cancelReason: null, breachedBySec: 0 };
		this.put(this.calculate(running, this.targetOf(one.metric)));
	}

	/** Every promise that has not ended goes by the terms that hold now. */
	applyTerms(): void {
		const { terms } = this;
		this.sla.termsId = terms?.id ?? null;
		this.sla.policyId = terms?.policyId ?? null;
		this.sla.policyVersion = terms?.policyVersion ?? null;
		this.sla.policyName = terms?.policyName ?? null;
		this.sla.calendarId = terms?.calendarId ?? null;
		for (const one of [...this.sla.instances])
			if (!isEnded(one)) this.put(this.calculate(one, this.targetOf(one.metric)));
	}

	customerWrote(status: string): void {
		const first = instanceOf(this.sla, "first_response");
		if (!first && !this.sla.responded) this.start("first_response");
		else if (!this.running("first_response") && !this.running("next_response") && !DONE.has(status))
			this.start("next_response");
	}

	agentWrote(): void {
		this.fulfil("first_response");
		this.fulfil("next_response");
		this.sla.responded = true;
	}

	/** Notes the status and lets the clocks pause or run on. */
	private note(status: string): void {
		this.sla.statuses.push({ status, at: this.at });
		for (const one of [...this.sla.instances]) if (!isEnded(one)) this.put(this.calculate(one));
	}

	moveTo(status: string, byAgent: boolean): void {
		const from = this.status;
		if (from === status) return;
		const [was, is] = [DONE.has(from), DONE.has(status)];
		if (is && !was) {
			if (byAgent) this.fulfil("first_response");
			else this.cancel("first_response", "solved");
			this.cancel("next_response", "solved");
			this.fulfil("resolution");
		}
		this.note(status);
		const resolution = instanceOf(this.sla, "resolution");
		if (was && !is && resolution?.fulfilledAt) this.resume(resolution);
	}

	remove(): void {
		this.cancelAll(DELETED);
		this.note(DELETED);
	}

	restore(): void {
		const before = this.sla.statuses.findLast(({ status }) => status !== DELETED);
		if (this.status === DELETED) this.note(before?.status ?? "open");
		for (const one of [...this.sla.instances]) if (one.cancelReason === DELETED) this.resume(one);
	}

	waive(metric: SlaMetric): void {
		const one = instanceOf(this.sla, metric);
		if (one?.breachedAt && one.waivedAt === null) this.put({ ...one, waivedAt: this.at });
	}
}

function unopened(at: Date): TicketSla {
	return {
		...{ termsId: null, policyId: null, policyVersion: null, policyName: null, calendarId: null },
		...{ asOf: at, responded: false, nextResponses: 0, statuses: [], instances: [] },
	};
}

/**
 * A ticket's clocks after one more fact, which must not be earlier than those before it.
 * @param terms what holds before the fact; the fact may bring others
 * @param priority the ticket's, likewise
 */
export function withFact(
	before: TicketSla | null,
	fact: SlaFact,
	terms: Terms | null,
	priority: TicketPriority,
): TicketSla {
	const { at, opened, message, deleted, waived } = fact;
	const held = fact.terms ?? { terms, priority };
	const clocks = new Clocks(advance(before ?? unopened(at), at), at, held.terms, held.priority);
	clocks.sla.asOf = at;
	if (fact.terms) clocks.applyTerms();
	if (opened) {
		clocks.sla.statuses.push({ status: fact.status ?? "new", at });
		clocks.start("resolution");
		if (opened.first !== "agent") clocks.start("first_response");
	}
	if (fact.merged) clocks.cancelAll("merged");
	if (message === "agent") clocks.agentWrote();
	if (message === "customer") clocks.customerWrote(fact.status ?? clocks.status);
	if (fact.noReplyNeeded) clocks.cancel("next_response", "no_reply_needed");
	if (fact.status) clocks.moveTo(fact.status, fact.byAgent ?? false);
	if (deleted === true) clocks.remove();
	if (deleted === false) clocks.restore();
	if (waived) clocks.waive(waived);
	return advance(clocks.sla, at);
}

/**
 * A ticket's clocks as its whole history makes them, in the order in which it happened.
 * @param past is given the next responses that others have taken the place of
 */
export function replay(facts: readonly SlaFact[], now: Date, past: SlaInstance[] = []): TicketSla | null {
	let sla: TicketSla | null = null;
	let terms: Terms | null = null;
	let priority: TicketPriority = "normal";
	for (const fact of [...facts].sort((a, b) => a.at.getTime() - b.at.getTime())) {
		const waited = sla ? instanceOf(sla, "next_response") : undefined;
		sla = withFact(sla, fact, terms, priority);
		if (waited && instanceOf(sla, "next_response")?.instanceNo !== waited.instanceNo) past.push(waited);
		if (fact.terms) ({ terms, priority } = fact.terms);
	}
	return sla && advance(sla, now);
}
