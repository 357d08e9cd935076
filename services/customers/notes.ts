import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../contracts/caller.ts";
import { createNote, deleteNote, getNote, listNotes, NOTE_LIST, updateNote } from "../../contracts/customers.ts";
import { customerUpdated } from "../../contracts/customers-events.ts";
import type { StaffRole } from "../../contracts/permissions.ts";
import { newId } from "../../lib/ids.ts";
import { forbidden, invalidField } from "../../lib/problem.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { checkVersion, type Scope } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import { customerModel } from "../../models/customer.ts";
import type { CustomerNote } from "../../models/customer-note.ts";
import { customerScope, staffScope } from "./access.ts";
import type { Customers } from "./customers-store.ts";
import { refuseLocked } from "./lock.ts";
import { customerData, noteView } from "./views.ts";

const MAX_BYTES = 16 * 1024;
const LEADS: readonly (StaffRole | null)[] = ["owner", "admin", "supervisor"];

function noteBody(text: string): string {
	const body = text.toWellFormed();
	if (body.trim() === "") throw invalidField("/body", "A note cannot be empty.", "minLength");
	if (Buffer.byteLength(body) > MAX_BYTES) throw invalidField("/body", "A note has at most 16 KB.", "maxLength");
	return body;
}

/** Throws 403 for everybody but the note's author and those who answer for all of them. */
function mustOwn(caller: TenantCaller, note: CustomerNote): void {
	if (note.authorId === caller.id || caller.kind === "service" || LEADS.includes(caller.role as StaffRole)) return;
	throw forbidden("Only its author or a supervisor can change a note.");
}

/** Counts a customer's notes. No new version: a note is not an edit that could collide with another. */
async function countNotes({ store }: Customers, tx: Transaction, customerId: string, by: 1 | -1): Promise<void> {
	await store
		.model(customerModel)
		.updateOne(
			{ _id: customerId, tenantId: tx.command.tenantId },
			{ $inc: { notesCount: by } },
			{ session: tx.session },
		);
}

/** Tells others that the notes on a customer are not what they were, never what they say. */
async function emitNotes({ customers }: Customers, tx: Transaction, customerId: string): Promise<void> {
	const customer = await customers.require({ tenantId: tx.command.tenantId }, customerId, tx);
	await tx.emit(customerUpdated, customer, customerData(customer, ["notes"]));
}

/** The scope of a customer's notes. Throws 403 for customers, 404 where there is no such customer. */
async function notesOf(from: Customers, caller: TenantCaller, customerId: string): Promise<Scope> {
	const scope = staffScope(caller);
	await from.customers.require(customerScope(caller, "customers.read"), customerId);
	return { ...scope, filter: { customerId } };
}

/** The same for a change of them. Throws 409 `customer_locked`, 410 for an erased customer. */
async function writableNotesOf(from: Customers, caller: TenantCaller, customerId: string, tx: Transaction) {
	const scope = staffScope(caller);
	refuseLocked(await from.customers.require(customerScope(caller, "customers.read"), customerId, tx));
	return { ...scope, filter: { customerId } };
}

export function noteActions(from: Customers): Record<string, ActionSchema> {
	const { notes, store } = from;
	return {
		listNotes: action(listNotes, async (ctx) => {
			const { id, ...params } = ctx.params;
			const scope = await notesOf(from, callerOf(ctx), id);
			const { data, page } = await notes.list(scope, NOTE_LIST, params);
			return { data: data.map(noteView), page };
		}),
		getNote: action(getNote, async (ctx) => {
			const scope = await notesOf(from, callerOf(ctx), ctx.params.id);
			return noteView(await notes.require(scope, ctx.params.noteId));
		}),
		createNote: action(createNote, async (ctx) => {
			const caller = callerOf(ctx);
			const { id: customerId, body } = ctx.params;
			return store.commit(commandOf(ctx), async (tx) => {
				const { tenantId } = await writableNotesOf(from, caller, customerId, tx);
				const author = { authorId: caller.id, authorName: caller.name };
				const fields = { _id: newId(), tenantId, customerId, body: noteBody(body), ...author };
				const note = await notes.create(tx, fields);
				await countNotes(from, tx, customerId, 1);
				await emitNotes(from, tx, customerId);
				return noteView(note);
			});
		}),
		updateNote: action(updateNote, async (ctx) => {
			const caller = callerOf(ctx);
			const { id, noteId, body, ifVersion } = ctx.params;
			return store.commit(commandOf(ctx), async (tx) => {
				const before = await notes.require(await writableNotesOf(from, caller, id, tx), noteId, tx);
				mustOwn(caller, before);
				checkVersion(before, ifVersion);
				const after = body === undefined ? before : { ...before, body: noteBody(body) };
				const saved = await notes.update(tx, before, after);
				if (saved.version !== before.version) await emitNotes(from, tx, id);
				return noteView(saved);
			});
		}),
		deleteNote: action(deleteNote, async (ctx) => {
			const caller = callerOf(ctx);
			const { id, noteId, ifVersion } = ctx.params;
			return store.commit(commandOf(ctx), async (tx) => {
				const before = await notes.require(await writableNotesOf(from, caller, id, tx), noteId, tx);
				mustOwn(caller, before);
				checkVersion(before, ifVersion);
				await notes.remove(tx, before);
				await countNotes(from, tx, id, -1);
				await emitNotes(from, tx, id);
				return null;
			});
		}),
	};
}
