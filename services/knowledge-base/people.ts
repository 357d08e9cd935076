import type { TenantCaller } from "../../contracts/caller.ts";
import { userCreated, userDeactivated, userUpdated } from "../../contracts/identity-events.ts";
import { peopleByIds } from "../../contracts/identity-internal.ts";
import { invalidField, isProblem, Problem } from "../../lib/problem.ts";
import { type CallContext, call } from "../../mixins/action.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Transaction } from "../../mixins/store.ts";
import { type EventHandler, on } from "../../mixins/subscriber.mixin.ts";
import { type ArticlePerson, articlePersonModel } from "../../models/article-person.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { orStartOver } from "./slugs.ts";

/*
 * The names of those who write, as the service's own copies: reading an article asks nobody. Everybody who acts is known
 * from that on, and events bring new names.
 */

/** Keeps a name unless a newer one is there. */
async function keep({ store }: KnowledgeBase, tx: InTransaction, person: ArticlePerson): Promise<void> {
	const rows = store.model(articlePersonModel);
	const { _id, tenantId, ...fields } = person;
	const known = await rows.findOne({ _id, tenantId }).session(tx.session).lean<ArticlePerson>();
	if (!known) await orStartOver(rows.create([person], { session: tx.session }));
	else if (known.sequence < person.sequence)
		await rows.updateOne({ _id, tenantId }, { $set: fields }, { session: tx.session });
}

/** Remembers the name of who acts. */
export function keepCaller(kb: KnowledgeBase, tx: Transaction, caller: TenantCaller): Promise<void> {
	return keep(kb, tx, { _id: caller.id, tenantId: caller.tenant.id, sequence: 0, name: caller.name });
}

/** Names by id, for those that are known. */
export async function namesOf(
	{ store }: KnowledgeBase,
	tenantId: string,
	ids: Iterable<string>,
	tx?: InTransaction,
): Promise<ReadonlyMap<string, string>> {
	const wanted = [...new Set(ids)];
	if (wanted.length === 0) return new Map();
	const rows = await store
		.model(articlePersonModel)
		.find({ _id: { $in: wanted }, tenantId })
		.session(tx?.session ?? null)
		.lean<ArticlePerson[]>();
	return new Map(rows.map((row) => [row._id, row.name]));
}

/**
 * Somebody of staff who shall own an article, as identity knows them; null where none is named. Throws 422 at `/ownerId`
 * for nobody of the tenant and 503 where identity does not answer.
 */
export async function ownerOf(
	ctx: CallContext,
	tenantId: string,
	id: string | undefined,
): Promise<ArticlePerson | null> {
	if (id === undefined) return null;
	const answer = await call(ctx, peopleByIds, { tenantId, ids: [id] }).catch((cause) => {
		if (isProblem(cause)) throw cause;
		throw new Problem(503, "unavailable", "The identity service does not answer. Try again.", {
			headers: { "Retry-After": "5" },
			cause,
		});
	});
	const [person] = answer;
	if (!person) throw invalidField("/ownerId", "There is nobody of staff with this id.", "unknown");
	return { _id: person.id, tenantId, sequence: person.version, name: person.name };
}

/** Remembers the name of an owner who was looked up. */
export async function keepOwner(kb: KnowledgeBase, tx: Transaction, owner: ArticlePerson | null): Promise<void> {
	if (owner) await keep(kb, tx, owner);
}

/** New names, as identity tells them. */
export function personEvents(kb: KnowledgeBase): EventHandler[] {
	return [userCreated, userUpdated, userDeactivated].map((contract) =>
		on(contract, ({ tenantId, subject, sequence, data }, tx) =>
			keep(kb, tx, { _id: subject.slice(subject.indexOf("/") + 1), tenantId, sequence, name: data.name }),
		),
	);
}
