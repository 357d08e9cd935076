import type { Static } from "typebox";
import { type CustomerSnapshot, discard, findOrCreate } from "../../contracts/customers-internal.ts";
import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { type CallContext, call } from "../../mixins/action.ts";
import { askAgainAt, isAway } from "../../mixins/away.ts";
import { type SagaDefinition, Sagas } from "../../mixins/saga.mixin.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { CustomerCopy } from "../../models/ticket-copies.ts";
import { customerCopy } from "./neighbours.ts";
import type { Tickets } from "./tickets-store.ts";

/** How long a request has to open its ticket before the customer made for it is taken back, ms: longer than any call. */
const ABANDONED_MS = 30_000;
/** How long a refused request waits until its customer is taken back, ms. */
const TAKEN_BACK_MS = 3000;

interface InlineCustomer {
	customerId: string;
}

/**
 * A ticket whose customer was not known before. The request does the steps itself: it begins the saga, makes the customer
 * and writes the ticket together with the end of the saga. Workers come only where that went wrong or its process died:
 * the ticket is not there then, and will not be any more, so the customer is taken back unless others rely on it.
 */
const ticketWithCustomer: SagaDefinition<InlineCustomer> = {
	type: "ticket.create",
	result: ({ customerId }) => ({ customerId }),
	steps: [
		{
			name: "customer",
			run: async () => undefined,
			async undo(run) {
				const { tenantId, id: sagaId, state } = run;
				try {
					await run.call(discard, { tenantId, customerId: state.customerId, sagaId });
				} catch (error) {
					if (isAway(error)) return { again: true, notBefore: askAgainAt(run.now) };
					throw error;
				}
			},
		},
		{
			name: "ticket",
			async run() {
				throw new Problem(409, "abandoned", "The ticket was not opened.");
			},
		},
	],
};

/** The sagas of the tickets service. */
export function ticketSagas({ runtime, store }: Pick<Tickets, "runtime" | "store">): Sagas {
	return new Sagas(runtime, store, [ticketWithCustomer] as unknown as SagaDefinition<never>[]);
}

/** The customer of a request, found or made by it. */
export interface InlineRequester {
	copy: CustomerCopy;
	/** names the saga that made it; undefined where it was known */
	sagaId?: string;
	/** made without a saga, by a customers service of the version before this one */
	made?: boolean;
}

type Found = { customer: Static<typeof CustomerSnapshot> | null; created: boolean };

/** Calls as the request's caller; `commandId` names the command instead of the client's own. */
function ask(ctx: CallContext, params: object, commandId?: string): Promise<Found> {
	const { commandId: _, ...meta } = ctx.meta;
	const options = { parentCtx: ctx, meta: { ...meta, ...(commandId ? { commandId } : { commandId: undefined }) } };
	return ctx.broker.call<Found, object>(findOrCreate.name, params, options as never);
}

/** The customer with an address: the known one, or a new one made under a saga that takes it back without the ticket. */
export async function customerByEmail(
	ctx: CallContext,
	{ store, sagas, runtime }: Tickets,
	tenantId: string,
	{ email, name = null }: { email: string; name?: string | null | undefined },
	at: Date | null,
): Promise<InlineRequester> {
	const contactAt = at === null ? {} : { contactAt: at.toISOString() };
	const known = await ask(ctx, { tenantId, email, name, create: false });
	if (known.customer) return { copy: customerCopy(tenantId, known.customer), made: known.created };
	const [sagaId, customerId] = [newId(), newId()];
	const notBefore = new Date(runtime.clock.now().getTime() + ABANDONED_MS);
	const init = { id: sagaId, subject: `customer/${customerId}`, state: { customerId }, notBefore };
	await store.commit({ ...commandOf(ctx, tenantId), id: null }, (tx) => sagas.begin(tx, ticketWithCustomer, init));
	try {
		const { customer } = await ask(
			ctx,
			{ tenantId, email, name, ...contactAt, id: customerId, sagaId },
			`${sagaId}:customer`,
		);
		if (!customer) throw new Error("a customer was asked for and none was made");
		return { copy: customerCopy(tenantId, customer), sagaId };
	} catch (error) {
		await takeBack(sagas, sagaId);
		throw error;
	}
}

/** Ends the saga together with the ticket that it is about. */
export async function ticketOpened({ sagas }: Tickets, tx: Transaction, { sagaId }: InlineRequester): Promise<void> {
	if (sagaId !== undefined) await sagas.finish(tx, sagaId);
}

/** The ticket was not opened: what was made for it is taken back, at once where that can be. */
export async function ticketNotOpened(
	ctx: CallContext,
	{ sagas }: Tickets,
	{ sagaId, made, copy }: InlineRequester,
): Promise<void> {
	if (sagaId !== undefined) await takeBack(sagas, sagaId);
	else if (made) await call(ctx, discard, { tenantId: copy.tenantId, customerId: copy._id });
}

async function takeBack(sagas: Sagas, sagaId: string): Promise<void> {
	await sagas.wake(sagaId);
	await sagas.settled(sagaId, TAKEN_BACK_MS);
}
