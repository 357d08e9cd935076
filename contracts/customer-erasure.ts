import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { CustomerData } from "./customers-events.ts";
import { defineEvent } from "./event-contract.ts";
import { Id, Nullable, Words } from "./fields.ts";
import { SagaView } from "./sagas.ts";

export const ERASURE_POLICIES = ["anonymize", "delete"] as const;
export type ErasurePolicy = (typeof ERASURE_POLICIES)[number];

/** The tag that keeps a ticket, and with it its requester, from being erased. */
export const LEGAL_HOLD = "legal-hold";

/** What stands where somebody's words were. */
export const REDACTED = "[redacted]";

/** What an erased customer is called: the same everywhere, and nothing of the person in it. */
export function tombstoneName(customerId: string): string {
	return `Erased customer #${customerId.slice(-8)}`;
}

export const eraseCustomer = defineAction({
	name: "customers.erase",
	access: "customers.erase",
	rest: "POST /customers/:id/erase",
	summary: "Erase a person",
	description:
		"Removes whatever is known of the customer, and of those merged into it, from all services. With `anonymize` (the " +
		"default) tickets stay as they count, without subject, copies, personal custom fields and what the customer wrote; " +
		"with `delete` they go too. Answers 202 with the saga: `GET /api/sagas/:id` tells how far it is, and at the end " +
		"what was removed where. A ticket with the tag `legal-hold` refuses it, and the customer stays as it was. " +
		"Customers may have themselves anonymised.",
	path: strict({ id: Id }),
	body: strict({ policy: Type.Optional(Words(ERASURE_POLICIES)) }),
	result: SagaView,
	status: 202,
	headers: ({ id }) => ({ Location: `/api/sagas/${id}` }),
});

export const erasureContracts = [eraseCustomer];

const Requested = {
	/** tells that two events are about the same person, and not who it is */
	subjectRef: Type.String(),
	scope: Words(ERASURE_POLICIES),
};

export const customerErasureRequested = defineEvent({
	type: "customer.erasure_requested",
	aggregate: "customer",
	summary: "A person is to be erased: until that is done or refused, nobody can change the customer.",
	data: Type.Object(Requested),
});

export const customerErased = defineEvent({
	type: "customer.erased",
	aggregate: "customer",
	summary: "A person was erased; the customer that is left names nobody.",
	data: Type.Object({ ...CustomerData.properties, ...Requested }),
});

/** What the texts of others may call somebody. Handed on with a call and kept nowhere. */
export const Identifiers = strict({
	names: Type.Array(Type.String()),
	/** e-mail addresses, and ids that other systems gave */
	addresses: Type.Array(Type.String()),
	/** telephone numbers */
	numbers: Type.Array(Type.String()),
});

/** The customers that are one person, with the versions they had when they were locked. */
const People = Type.Array(strict({ id: Id, version: Type.Integer() }), { minItems: 1, maxItems: 100 });

const Erasure = { tenantId: Id, sagaId: Id, people: People };

/**
 * Counts what tickets hold of somebody, and keeps new tickets and messages of theirs out from now on.
 * @throws 409 `legal_hold` where one of the tickets must be kept
 */
export const prepareTickets = defineAction({
	name: "tickets.prepareErasure",
	access: "internal",
	summary: "Count what tickets hold of somebody, and lock them out",
	body: strict(Erasure),
	result: Type.Object({ tickets: Type.Integer(), messages: Type.Integer() }),
});

/** Takes that back. */
export const releaseTickets = defineAction({
	name: "tickets.releaseErasure",
	access: "internal",
	summary: "Let somebody's tickets be, who is not erased after all",
	body: strict(Erasure),
	result: Type.Null(),
});

const Place = Nullable(Type.String({ maxLength: 200 }));

/** Goes on with somebody's tickets from a place on, 500 at a time. `next` is null at the end. */
export const eraseTickets = defineAction({
	name: "tickets.eraseTickets",
	access: "internal",
	summary: "Redact or remove some of somebody's tickets",
	body: strict({
		...Erasure,
		identifiers: Identifiers,
		policy: Words(ERASURE_POLICIES),
		/** keys of the custom fields of tickets that hold personal data */
		personalFields: Type.Array(Type.String(), { maxItems: 500 }),
		after: Place,
	}),
	result: Type.Object({
		/** of this part, which is erased now, and how many of them were not before */
		tickets: Type.Integer(),
		changed: Type.Integer(),
		next: Place,
	}),
});

/** Somebody's messages on tickets of others, and their address among the copies there. */
export const eraseElsewhere = defineAction({
	name: "tickets.eraseElsewhere",
	access: "internal",
	summary: "Redact what somebody left on the tickets of others",
	body: strict({ ...Erasure, identifiers: Identifiers }),
	result: Type.Object({
		/** addresses taken out of the copies of tickets, by this call */
		copies: Type.Integer(),
		/** messages of the person that say nothing any more, on whatever tickets */
		total: Type.Integer(),
		more: Type.Boolean(),
	}),
});

export const prepareVotes = defineAction({
	name: "knowledge-base.prepareErasure",
	access: "internal",
	summary: "Count the votes and comments of somebody",
	body: strict(Erasure),
	result: Type.Object({ votes: Type.Integer(), comments: Type.Integer() }),
});

/** No counter moves: the votes stay, and nobody knows whose they were. */
export const eraseVoter = defineAction({
	name: "knowledge-base.eraseVoter",
	access: "internal",
	summary: "Forget whose votes, views and searches these were, and what was said with them",
	body: strict(Erasure),
	result: Type.Object({
		votes: Type.Integer(),
		comments: Type.Integer(),
		/** rows that told viewers, searchers and readers of suggestions apart */
		traces: Type.Integer(),
		more: Type.Boolean(),
	}),
});

export const eraseTokens = defineAction({
	name: "identity.eraseCustomer",
	access: "internal",
	summary: "Revoke the tokens of somebody, and forget whose they were",
	body: strict(Erasure),
	result: Type.Object({ tokens: Type.Integer() }),
});

export const eraseFromDashboard = defineAction({
	name: "dashboard.eraseCustomer",
	access: "internal",
	summary: "Drop somebody's name from the read models",
	body: strict(Erasure),
	result: Type.Object({ customers: Type.Integer(), activities: Type.Integer() }),
});

export const eraseFromSearch = defineAction({
	name: "search.eraseCustomer",
	access: "internal",
	summary: "Take somebody out of the index, words and all",
	body: strict(Erasure),
	result: Type.Object({ documents: Type.Integer() }),
});

/** The services that keep answers, events and sagas for some time. */
export const KEEPING_SERVICES = ["customers", "tickets", "knowledge-base", "identity"] as const;

/**
 * Kept answers, events of the outbox and sagas of a service that mention somebody, from a place on; what was committed
 * before is in the event log when it resolves.
 */
export const eraseTracesOf = (service: string) =>
	defineAction({
		name: `${service}.eraseTraces`,
		access: "internal",
		summary: "Forget kept answers, events and sagas that mention somebody",
		body: strict({ ...Erasure, identifiers: Identifiers, after: Place }),
		result: Type.Object({
			answers: Type.Integer(),
			events: Type.Integer(),
			sagas: Type.Integer(),
			next: Place,
		}),
	});
