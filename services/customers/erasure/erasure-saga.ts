import { setTimeout as pause } from "node:timers/promises";
import {
	type ErasurePolicy,
	eraseElsewhere,
	eraseFromDashboard,
	eraseFromSearch,
	eraseTickets,
	eraseTokens,
	eraseTracesOf,
	eraseVoter,
	KEEPING_SERVICES,
	LEGAL_HOLD,
	prepareTickets,
	prepareVotes,
	releaseTickets,
} from "../../../contracts/customer-erasure.ts";
import { customerUpdated } from "../../../contracts/customers-events.ts";
import { eventRedactor } from "../../../contracts/erased-events.ts";
import { Problem } from "../../../lib/problem.ts";
import type { SagaDefinition, SagaRun, SagaStep } from "../../../mixins/saga.mixin.ts";
import type { Customer } from "../../../models/customer.ts";
import { type Customers, fieldsOf } from "../customers-store.ts";
import { customerData } from "../views.ts";
import { forgetCustomer, identifiersOf } from "./forget-customer.ts";

type Counts = Record<string, number>;

/** What the saga goes by: ids and numbers, nothing personal. */
export interface Erasing {
	policy: ErasurePolicy;
	/** the customers that are the person, the one that was asked for first, with the versions of their locks */
	people: { id: string; version: number }[];
	/** what there was to begin with, and what was removed, by service */
	found: Record<string, Counts>;
	counts: Record<string, Counts>;
	/** where a step that works in parts goes on */
	after: string | null;
	/** what the present pass over the tickets has seen */
	pass: { tickets: number; changed: number };
	/** when everything was told to the log that other services have to hear of */
	toldAt: string | null;
	completedAt: string | null;
}

type Run = SagaRun<Erasing>;

/** How long a step waits for readers of the log before it is begun anew, ms, and after how long it looks again first. */
const WAIT_MS = 5000;
const FIRST_LOOK_MS = 50;
/** Events of the log that are looked at in one part. */
const EVENTS = 2000;

const ofPerson = ({ tenantId, id: sagaId, state }: Run) => ({ tenantId, sagaId, people: state.people });

async function personOfRun(from: Customers, { tenantId, state }: Run): Promise<Customer[]> {
	const ids = state.people.map(({ id }) => id);
	const person = await from.customers.find({ tenantId }, { _id: { $in: ids } }, { limit: ids.length });
	return person.toSorted((a, b) => ids.indexOf(a._id) - ids.indexOf(b._id));
}

/** Counters added up. */
function sum(before: Counts | undefined, more: Counts): Counts {
	const names = new Set([...Object.keys(before ?? {}), ...Object.keys(more)]);
	return Object.fromEntries([...names].map((name) => [name, (before?.[name] ?? 0) + (more[name] ?? 0)]));
}

const counted = ({ counts }: Erasing, service: string, more: Counts) => ({
	...counts,
	[service]: sum(counts[service], more),
});

/** The customers as they were before, for everybody to change. */
async function unlock(from: Customers, run: Run): Promise<void> {
	await run.commit(async (tx) => {
		for (const { id } of run.state.people) {
			const before = await from.customers.get({ tenantId: run.tenantId }, id, tx);
			if (before?.lock?.sagaId !== run.id) continue;
			const after = await from.customers.update(tx, before, { ...before, status: before.lock.status, lock: null });
			await tx.emit(customerUpdated, after, customerData(after, ["status"]));
		}
		return null;
	});
}

function lockStep(from: Customers): SagaStep<Erasing> {
	return {
		name: "lock",
		// The command that began the saga has locked the customer already.
		async run(run) {
			const person = await personOfRun(from, run);
			if (person.some(({ lock }) => lock?.sagaId !== run.id))
				throw new Problem(409, "customer_locked", "Somebody else has taken the lock on the customer.");
			if (person.some(({ tags }) => tags.includes(LEGAL_HOLD)))
				throw new Problem(409, "legal_hold", `The customer has the tag ${LEGAL_HOLD} and must be kept as it is.`);
		},
		undo: (run) => unlock(from, run),
	};
}

const prepareTicketsStep: SagaStep<Erasing> = {
	name: "prepare-tickets",
	async run(run) {
		const tickets = await run.call(prepareTickets, ofPerson(run));
		return { found: { ...run.state.found, tickets } };
	},
	async undo(run) {
		await run.call(releaseTickets, ofPerson(run));
	},
};

const prepareVotesStep: SagaStep<Erasing> = {
	name: "prepare-knowledge-base",
	async run(run) {
		const votes = await run.call(prepareVotes, ofPerson(run));
		return { found: { ...run.state.found, "knowledge-base": votes } };
	},
};

/** The last look: a hold that came since is still heard. */
const pivotStep: SagaStep<Erasing> = {
	name: "pivot",
	pivot: true,
	async run(run) {
		const tickets = await run.call(prepareTickets, ofPerson(run));
		return { found: { ...run.state.found, tickets } };
	},
};

const tokensStep: SagaStep<Erasing> = {
	name: "identity",
	async run(run) {
		return { counts: counted(run.state, "identity", await run.call(eraseTokens, ofPerson(run))) };
	},
};

/** Goes over the tickets until a whole pass finds none that is left: whatever slipped in meanwhile is found by the next. */
function ticketsStep(from: Customers): SagaStep<Erasing> {
	return {
		name: "tickets",
		async run(run) {
			const { policy, after, pass, found } = run.state;
			const fields = await fieldsOf(from, run.tenantId, "ticket");
			const done = await run.call(eraseTickets, {
				...ofPerson(run),
				identifiers: identifiersOf(await personOfRun(from, run)) as never,
				policy,
				personalFields: fields.filter(({ pii }) => pii).map(({ key }) => key),
				after,
			});
			const seen = { tickets: pass.tickets + done.tickets, changed: pass.changed + done.changed };
			if (done.next !== null) return { again: true, after: done.next, pass: seen };
			if (seen.changed > 0) return { again: true, after: null, pass: { tickets: 0, changed: 0 } };
			const tickets = policy === "delete" ? (found.tickets?.tickets ?? 0) : seen.tickets;
			const messages: Counts = policy === "delete" ? { messages: found.tickets?.messages ?? 0 } : {};
			return { after: null, counts: counted(run.state, "tickets", { tickets, ...messages }) };
		},
	};
}

function elsewhereStep(from: Customers): SagaStep<Erasing> {
	return {
		name: "tickets-of-others",
		async run(run) {
			const identifiers = identifiersOf(await personOfRun(from, run)) as never;
			const { more, copies, total } = await run.call(eraseElsewhere, { ...ofPerson(run), identifiers });
			const messages: Counts = more || run.state.policy === "delete" ? {} : { messages: total };
			return { again: more, counts: counted(run.state, "tickets", { copies, ...messages }) };
		},
	};
}

const voterStep: SagaStep<Erasing> = {
	name: "knowledge-base",
	async run(run) {
		const { more, ...done } = await run.call(eraseVoter, ofPerson(run));
		return { again: more, counts: counted(run.state, "knowledge-base", done) };
	},
};

/** Kept answers, events and sagas, one service after the other. */
function tracesStep(from: Customers): SagaStep<Erasing> {
	return {
		name: "traces",
		async run(run) {
			const [place = "0", ...rest] = (run.state.after ?? "").split(" ");
			const index = Number(place || 0);
			const service = KEEPING_SERVICES[index];
			if (service === undefined) return { after: null, toldAt: run.now.toISOString() };
			const { next, ...done } = await run.call(eraseTracesOf(service), {
				...ofPerson(run),
				identifiers: identifiersOf(await personOfRun(from, run)) as never,
				after: rest.length > 0 ? rest.join(" ") : null,
			});
			const after = next === null ? `${index + 1}` : `${index} ${next}`;
			return { again: true, after, counts: counted(run.state, service, done) };
		},
	};
}

/** What the event log still tells of the person. */
function eventsStep(from: Customers): SagaStep<Erasing> {
	return {
		name: "events",
		async run(run) {
			const { state, tenantId } = run;
			const rewrite = eventRedactor(
				state.people.map(({ id }) => id),
				identifiersOf(await personOfRun(from, run)),
			);
			const after = Number(state.after ?? 0);
			const { events } = from.runtime;
			const { rewritten, position } = await events.redact({ tenantId, after, limit: EVENTS, rewrite });
			const counts = counted(state, "events", { rewritten });
			return position === null ? { after: null, counts } : { again: true, after: String(position), counts };
		},
	};
}

/**
 * Resolves with whether the readers of the log whose group begins so have handled what was there at an instant. Readers
 * may be far behind: the longer it takes, the less often the log is asked, which has to look at all that they have not read.
 */
async function haveRead({ runtime: { events } }: Customers, group: string, told: Date, signal: AbortSignal) {
	const until = performance.now() + WAIT_MS;
	const behind = async (groups: string[]) => {
		const oldest = await Promise.all(groups.map((one) => events.oldestUnhandled(one)));
		return groups.filter((_, i) => oldest[i] && oldest[i] <= told);
	};
	for (let lookMs = FIRST_LOOK_MS; ; ) {
		// Anew after each wait: a reader may have come meanwhile.
		const all = (await events.status()).filter((one) => one.group === group || one.group.startsWith(`${group}-`));
		let reading = await behind(all.filter(({ active }) => active).map((one) => one.group));
		if (reading.length === 0) return true;
		for (; reading.length > 0; lookMs *= 2) {
			if (performance.now() + lookMs > until) return false;
			await pause(lookMs, undefined, { signal });
			reading = await behind(reading);
		}
	}
}

function dashboardStep(from: Customers): SagaStep<Erasing> {
	return {
		name: "dashboard",
		async run(run) {
			if (!(await haveRead(from, "dashboard", new Date(run.state.toldAt ?? run.now), run.signal)))
				return { again: true };
			return { counts: counted(run.state, "dashboard", await run.call(eraseFromDashboard, ofPerson(run))) };
		},
	};
}

function searchStep(from: Customers): SagaStep<Erasing> {
	return {
		name: "search",
		async run(run) {
			if (!(await haveRead(from, "search", new Date(run.state.toldAt ?? run.now), run.signal))) return { again: true };
			return { counts: counted(run.state, "search", await run.call(eraseFromSearch, ofPerson(run))) };
		},
	};
}

function forgetStep(from: Customers): SagaStep<Erasing> {
	return {
		name: "customers",
		async run(run) {
			const { people, policy } = run.state;
			const notes = await run.commit(async (tx) => {
				let removed = 0;
				for (const { id } of people) {
					const customer = await from.customers.get({ tenantId: run.tenantId }, id, tx);
					if (customer && customer.status !== "erased") removed += await forgetCustomer(from, tx, customer, policy);
				}
				return removed;
			});
			await from.store.tidy();
			const counts = counted(run.state, "customers", { customers: people.length, notes });
			return { counts, completedAt: run.now.toISOString() };
		},
	};
}

/** Erases a person from every service: nothing is removed before the pivot, and after it there is only forward. */
export function erasureSaga(from: Customers): SagaDefinition<Erasing> {
	return {
		type: "customer.erase",
		steps: [
			lockStep(from),
			prepareTicketsStep,
			prepareVotesStep,
			pivotStep,
			tokensStep,
			ticketsStep(from),
			elsewhereStep(from),
			voterStep,
			tracesStep(from),
			eventsStep(from),
			dashboardStep(from),
			searchStep(from),
			forgetStep(from),
		],
		result: ({ policy, found, counts, completedAt }) =>
			found === undefined ? null : { policy, found, counts, completedAt },
	};
}
