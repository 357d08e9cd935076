import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import { snoozeTicket } from "../../contracts/ticket-life.ts";
import { addFollower, addTags, removeFollower, removeTags } from "../../contracts/ticket-relations.ts";
import { assignTicket, noReplyNeeded, updateTicket } from "../../contracts/tickets.ts";
import { changeTicketTags } from "../../contracts/tickets-internal.ts";
import type { TicketViewShape } from "../../contracts/tickets-views.ts";
import { invalidField } from "../../lib/problem.ts";
import { normalizeTags } from "../../lib/tags.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import { demand, mustBeOwnToSolve, readerOf } from "./access.ts";
import { assignAutomatically } from "./assignment/choose.ts";
import { learnWhoIsThere } from "./assignment/presence.ts";
import { actorOfCaller, learnCaller } from "./authorship.ts";
import { refuseIncomplete, rulesForSolving } from "./custom-fields.ts";
import { cleanAddresses, cleanCustomFields, cleanLocale, cleanSubject, mergeFields } from "./input.ts";
import { apply, type LifecycleCommand, type Patch, ticketClosed } from "./lifecycle.ts";
import { demandStatus } from "./messages.ts";
import { groupById, keepLearned, type Learned, nothingLearned, personById } from "./neighbours.ts";
import { isAssignable, learnPlace, settlePlace, type WantedPlace } from "./placement.ts";
import { scopeOf, ticketFor } from "./reach.ts";
import { referencesOf } from "./references.ts";
import { saveRevision } from "./save.ts";
import type { Tickets } from "./tickets-store.ts";
import { ticketView } from "./views.ts";

const MAX_FOLLOWERS = 50;

interface Change {
	/** for the audit trail, such as `ticket.updated` */
	action: string;
	ifVersion?: number | undefined;
	learned?: Learned;
	/** what is asked of the ticket as it is at the moment of the commit */
	command(ticket: Ticket, tx: Transaction): LifecycleCommand | Promise<LifecycleCommand>;
}

/** Changes one ticket the caller may see, with audit row and events, and answers it as the caller sees it then. */
async function change(ctx: CallContext, tickets: Tickets, id: string, wanted: Change): Promise<TicketViewShape> {
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	const scope = await scopeOf(ctx, tickets);
	const work = async (tx: Transaction) => {
		const before = await ticketFor(tickets, scope, reader, id, { ifVersion: wanted.ifVersion, tx });
		if (wanted.learned) await keepLearned(tickets, tx, wanted.learned);
		const command = await wanted.command(before, tx);
		const context = { now: tx.now, actor: actorOfCaller(caller), settings: caller.tenant.settings };
		const { next, changes, events } = apply(before, command, context);
		const happened = { type: command.type === "noReplyNeeded" ? "no_reply_needed" : "changed" } as const;
		const ticket = await saveRevision(tickets, tx, { before, next, action: wanted.action, changes, events, happened });
		return ticketView(ticket, await referencesOf(ctx, tickets, caller.tenant.id, [ticket], [], tx), reader);
	};
	return tickets.turns.run(id, () => tickets.store.commit(commandOf(ctx), work));
}

type UpdateParams = ParamsOf<typeof updateTicket>;

/** Throws 403 for what the caller may not write. */
function checkWritable(caller: TenantCaller, { id: _id, ifVersion: _ifVersion, ...fields }: UpdateParams): void {
	if (caller.kind === "customer") {
		const others = Object.keys(fields).filter((field) => field !== "status");
		demand(others.length === 0, "Customers can only set a ticket solved.");
		demand(fields.status === undefined || fields.status === "solved", "Customers can only set a ticket solved.");
		demand(may(caller, "tickets.solve"), "This needs the permission tickets.solve.");
		return;
	}
	demand(may(caller, "tickets.update"), "This needs the permission tickets.update.");
	if (fields.status !== undefined) demandStatus(caller, fields.status);
}

/** New values of the plain fields that a request names, checked and in their stored form. */
function plainFields(params: UpdateParams): Patch {
	const { subject, priority, type, status, subStatus, tags, ccEmails, locale, dueAt } = params;
	return {
		...(subject === undefined ? {} : { subject: cleanSubject(subject) }),
		...(priority === undefined ? {} : { priority }),
		...(type === undefined ? {} : { type }),
		...(status === undefined ? {} : { status }),
		...(subStatus === undefined ? {} : { subStatus }),
		...(tags === undefined ? {} : { tags: normalizeTags(tags ?? []) }),
		...(ccEmails === undefined ? {} : { ccEmails: cleanAddresses(ccEmails ?? []) }),
		...(locale === undefined ? {} : { locale: locale === null ? null : cleanLocale(locale) }),
		...(dueAt === undefined ? {} : { dueAt: dueAt === null ? null : new Date(dueAt) }),
	};
}

/** A patch that clears every field there is, so that each is checked like one cleared by name. */
function allCleared(fields: Ticket["customFields"]): Record<string, null> {
	return Object.fromEntries(Object.keys(fields).map((key) => [key, null]));
}

async function update(ctx: CallContext<UpdateParams>, tickets: Tickets): Promise<TicketViewShape> {
	const { params } = ctx;
	const caller = callerOf(ctx);
	// Of many changes that are sent again, a later one may have deleted the ticket.
	const earlier = await tickets.store.answered<TicketViewShape>(commandOf(ctx));
	if (earlier) return earlier.answer;
	// The version is compared inside the commit: a repeat of a command that took effect is no stale one.
	const seen = await ticketFor(tickets, await scopeOf(ctx, tickets), readerOf(caller), params.id);
	checkWritable(caller, params);
	const fields = plainFields(params);
	const wanted = changedPlace(seen, params);
	const learned = nothingLearned();
	learnCaller(caller, learned);
	await learnPlace(ctx, tickets, caller.tenant.id, wanted, learned);
	const given = params.customFields === null ? allCleared(seen.customFields) : params.customFields;
	const customFields = given && (await cleanCustomFields(ctx, caller.tenant.id, given));
	const rules = await rulesForSolving(ctx, caller, params.status);
	return change(ctx, tickets, params.id, {
		action: "ticket.updated",
		ifVersion: params.ifVersion,
		learned,
		command: async (ticket, tx) => {
			const merged = customFields ? { customFields: mergeFields(ticket.customFields, customFields) } : {};
			if (params.status === "solved") mustBeOwnToSolve(caller, ticket);
			refuseIncomplete(rules, ticket, merged.customFields);
			const patch = { ...fields, ...(await settlePlace(tickets, tx, caller, ticket, wanted)), ...merged };
			return { type: "change", strategy: "manual", patch };
		},
	});
}

/** The part of a request that would move the ticket: naming where it is already asks nothing of anybody. */
function changedPlace(ticket: Ticket, { groupId, assigneeId }: WantedPlace): WantedPlace {
	return {
		...(groupId === undefined || groupId === ticket.groupId ? {} : { groupId }),
		...(assigneeId === undefined || assigneeId === ticket.assigneeId ? {} : { assigneeId }),
	};
}

/** Gives a ticket to somebody of its group, or of the one that is named, as that group does it. */
async function assignAnybody(
	ctx: CallContext<ParamsOf<typeof assignTicket>>,
	tickets: Tickets,
	seen: Ticket,
): Promise<TicketViewShape> {
	const { id, ifVersion, groupId = seen.groupId, assigneeId } = ctx.params;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	if (seen.status === "closed") throw ticketClosed(seen);
	if (assigneeId !== undefined) throw invalidField("/auto", "Name an assignee, or let one be found.", "conflict");
	if (groupId === null) throw invalidField("/auto", "Somebody is found in a group: name one.", "no_group");
	const learned = nothingLearned();
	const group = await groupById(ctx, tickets, tenantId, groupId, learned);
	if (!group.assignment || group.assignment.strategy === "manual")
		throw invalidField("/auto", "Tickets of this group are given by hand: see its assignment.strategy.", "manual");
	await learnWhoIsThere(ctx, tickets, group, learned);
	return change(ctx, tickets, id, {
		action: "ticket.assigned",
		ifVersion,
		learned,
		command: async (ticket, tx) => {
			if (ticket.status === "closed") throw ticketClosed(ticket);
			const chosen = await assignAutomatically(tickets, tx, { ...ticket, groupId });
			const wanted = { groupId, ...(chosen ? { assigneeId: chosen.assigneeId } : {}) };
			const patch = await settlePlace(tickets, tx, caller, ticket, wanted);
			return { type: "change", strategy: chosen?.strategy ?? "manual", patch };
		},
	});
}

async function assign(ctx: CallContext<ParamsOf<typeof assignTicket>>, tickets: Tickets): Promise<TicketViewShape> {
	const { id, ifVersion, auto, ...place } = ctx.params;
	const caller = callerOf(ctx);
	const seen = await ticketFor(tickets, await scopeOf(ctx, tickets), readerOf(caller), id);
	if (auto) return assignAnybody(ctx, tickets, seen);
	if (place.assigneeId === undefined && place.groupId === undefined)
		throw invalidField("/assigneeId", "Say whom to assign to: assigneeId or groupId.", "required");
	const wanted = changedPlace(seen, place);
	const learned = nothingLearned();
	await learnPlace(ctx, tickets, caller.tenant.id, wanted, learned);
	return change(ctx, tickets, id, {
		action: "ticket.assigned",
		ifVersion,
		learned,
		command: async (ticket, tx) => ({
			type: "change",
			strategy: "manual",
			patch: await settlePlace(tickets, tx, caller, ticket, place),
		}),
	});
}

function changeTags(
	ctx: CallContext<ParamsOf<typeof addTags>>,
	tickets: Tickets,
	next: (current: readonly string[], named: readonly string[]) => string[],
): Promise<TicketViewShape> {
	const named = normalizeTags(ctx.params.tags);
	return change(ctx, tickets, ctx.params.id, {
		action: "ticket.updated",
		ifVersion: ctx.params.ifVersion,
		command: ({ tags }) => ({ type: "change", patch: { tags: normalizeTags(next(tags, named)) } }),
	});
}

/** Tags added and taken away in one change, as work in bulk asks for it. */
function retag(ctx: CallContext<ParamsOf<typeof changeTicketTags>>, tickets: Tickets): Promise<TicketViewShape> {
	const { id, ifVersion, tags = [], add = [], remove = [] } = ctx.params;
	const [added, removed] = [normalizeTags([...tags, ...add]), normalizeTags(remove)];
	if (added.length + removed.length === 0) throw invalidField("/tags", "Name tags to add or to remove.", "required");
	return change(ctx, tickets, id, {
		action: "ticket.updated",
		ifVersion,
		command: (ticket) => {
			const kept = ticket.tags.filter((tag) => !removed.includes(tag));
			return { type: "change", patch: { tags: normalizeTags([...kept, ...added]) } };
		},
	});
}

async function follow(ctx: CallContext<ParamsOf<typeof addFollower>>, tickets: Tickets): Promise<TicketViewShape> {
	const { id, userId = "me" } = ctx.params;
	const caller = callerOf(ctx);
	await ticketFor(tickets, await scopeOf(ctx, tickets), readerOf(caller), id);
	const learned = nothingLearned();
	const follower = userId === "me" ? caller.id : userId;
	const person = await personById(ctx, tickets, caller.tenant.id, follower, "/userId", learned);
	if (!person.active) throw invalidField("/userId", "Only active people of staff can follow tickets.", "not_active");
	if (caller.role === "agent" && person._id !== caller.id)
		demand(
			isAssignable(person) && person.groupIds.some((group) => caller.groupIds.includes(group)),
			"Agents let colleagues of their own groups follow.",
		);
	return change(ctx, tickets, id, {
		action: "ticket.updated",
		learned,
		command: ({ followerIds }) => {
			const next = [...new Set([...followerIds, person._id])];
			if (next.length > MAX_FOLLOWERS)
				throw invalidField("/userId", `A ticket has at most ${MAX_FOLLOWERS} followers.`, "maxItems");
			return { type: "change", patch: { followerIds: next } };
		},
	});
}

function unfollow(ctx: CallContext<ParamsOf<typeof removeFollower>>, tickets: Tickets): Promise<TicketViewShape> {
	const { id, userId, ifVersion } = ctx.params;
	const follower = userId === "me" ? callerOf(ctx).id : userId;
	return change(ctx, tickets, id, {
		action: "ticket.updated",
		ifVersion,
		command: ({ followerIds }) => ({
			type: "change",
			patch: { followerIds: followerIds.filter((one) => one !== follower) },
		}),
	});
}

function snooze(ctx: CallContext<ParamsOf<typeof snoozeTicket>>, tickets: Tickets): Promise<TicketViewShape> {
	const { id, ifVersion } = ctx.params;
	const until = ctx.params.until === null ? null : new Date(ctx.params.until);
	return change(ctx, tickets, id, {
		action: until === null ? "ticket.unsnoozed" : "ticket.snoozed",
		ifVersion,
		command: (_ticket, { now }) => {
			if (until !== null && until <= now) throw invalidField("/until", "This is not in the future.", "minimum");
			return { type: "snooze", until };
		},
	});
}

/** What changes a ticket without a message. */
export function changeActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		update: action(updateTicket, (ctx) => update(ctx, tickets)),
		assign: action(assignTicket, (ctx) => assign(ctx, tickets)),
		addTags: action(addTags, (ctx) => changeTags(ctx, tickets, (current, named) => [...current, ...named])),
		removeTags: action(removeTags, (ctx) =>
			changeTags(ctx, tickets, (current, named) => current.filter((tag) => !named.includes(tag))),
		),
		changeTags: action(changeTicketTags, (ctx) => retag(ctx, tickets)),
		addFollower: action(addFollower, (ctx) => follow(ctx, tickets)),
		removeFollower: action(removeFollower, (ctx) => unfollow(ctx, tickets)),
		snooze: action(snoozeTicket, (ctx) => snooze(ctx, tickets)),
		noReplyNeeded: action(noReplyNeeded, (ctx) =>
			change(ctx, tickets, ctx.params.id, {
				action: "ticket.no_reply_needed",
				command: () => ({ type: "noReplyNeeded" }),
			}),
		),
	};
}
