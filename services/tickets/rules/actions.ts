import { may } from "../../../contracts/caller.ts";
import type { ActionOf, ActionResult, ActionType, RuleAction } from "../../../contracts/rule-actions.ts";
import { invalidField, isProblem, Problem } from "../../../lib/problem.ts";
import { normalizeTags } from "../../../lib/tags.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import { demand, openTicketsWith } from "../access.ts";
import { assignAutomatically } from "../assignment/choose.ts";
import { checkBody, mergeFields } from "../input.ts";
import { type Patch, ticketClosed } from "../lifecycle.ts";
import { demandStatus } from "../messages.ts";
import { isQuiet } from "../notifications/notify.ts";
import { recipientsOf, supervisorsOf } from "../notifications/recipients.ts";
import { isAssignable, settlePlace, type WantedPlace } from "../placement.ts";
import { render, type TemplateValues } from "./template.ts";
import type { Work } from "./work.ts";

/*
 * What rules and macros do, one action after the other on a ticket that is not written yet. A person's macro does all or
 * nothing; of a rule, an action that fails is noted and the others are done.
 */

const MAX_FOLLOWERS = 50;

/** What actions need to know besides the ticket. */
export interface ActionContext {
	/** until when the telling of people waits; null for at once */
	tellAt: Date | null;
	metric: string | null;
	/** the actions of a macro that a rule applies; null where there is none such any more */
	macro(id: string): Promise<readonly RuleAction[] | null>;
}

type Done = Omit<ActionResult, "type" | "status"> & { status?: ActionResult["status"] };
type Performer<T extends ActionType> = (work: Work, action: ActionOf<T>, context: ActionContext) => Promise<Done>;

const changed = (changes: Change[]): Done =>
	changes.length === 0 ? { status: "unchanged" } : { changes: changes.map((change) => ({ ...change })) };

const change = (work: Work, patch: Patch): Done => changed(work.command({ type: "change", patch, ...why(work) }));

const why = ({ doer }: Work) => (doer.rule ? { strategy: "rule", reason: "rule" } : { strategy: "manual" });

/** Puts the ticket where it is wanted, as far as its doer may. */
async function place(work: Work, wanted: WantedPlace): Promise<Done> {
	const { tickets, tx, doer, ticket } = work;
	if (wanted.groupId) {
		const group = await tickets.copies.groups.byId(ticket.tenantId, wanted.groupId, tx);
		if (!group || group.deleted) throw invalidField("/groupId", "There is no group with this id any more.", "unknown");
	}
	return change(work, await settlePlace(tickets, tx, doer.caller, ticket, wanted));
}

async function leastBusySupervisor({ tickets, tx, ticket }: Work): Promise<string> {
	const { tenantId, groupId } = ticket;
	if (groupId === null) throw new Problem(422, "no_group", "The ticket has no group, and so no supervisor.");
	const people = (await supervisorsOf(tickets, tx, ticket)).filter(isAssignable);
	const loads = await Promise.all(
		people.map(async ({ _id }) => ({
			_id,
			load: await tickets.tickets.count(openTicketsWith(tenantId, _id), { assigneeId: _id }, 10_000),
		})),
	);
	const [first] = loads.sort((a, b) => a.load - b.load || (a._id < b._id ? -1 : 1));
	if (!first) throw new Problem(422, "no_candidate", "The ticket's group has no supervisor.");
	return first._id;
}

async function assign(work: Work, { userId, groupId, strategy }: ActionOf<"assign">): Promise<Done> {
	const moved = groupId === undefined ? null : await place(work, { groupId });
	if (userId === undefined && strategy === undefined) return moved ?? { status: "unchanged" };
	const assigneeId = userId ?? (await chosen(work, strategy));
	const given = assigneeId === null ? NOBODY : await place(work, { assigneeId });
	const changes = [...(moved?.changes ?? []), ...(given.changes ?? [])] as Change[];
	return assigneeId === null && changes.length === 0 ? given : changed(changes);
}

/** There is nobody for the ticket: it waits in its group. */
const NOBODY: Done = { status: "unchanged", code: "no_candidate" };

async function chosen(work: Work, strategy: ActionOf<"assign">["strategy"]): Promise<string | null> {
	if (strategy === undefined || strategy === "supervisor_of_group") return leastBusySupervisor(work);
	return (await assignAutomatically(work.tickets, work.tx, work.ticket, { strategy }))?.assigneeId ?? null;
}

function changeTags(work: Work, next: (current: readonly string[]) => readonly string[]): Done {
	return change(work, { tags: normalizeTags(next(work.ticket.tags)) });
}

/** The values of a template's variables for the ticket as it is by now. */
async function valuesFor(work: Work, { metric }: ActionContext): Promise<TemplateValues> {
	const { tickets, tx, ticket, doer } = work;
	const { copies } = tickets;
	const of = <T>(rows: { byId(tenantId: string, id: string, tx: Work["tx"]): Promise<T> }, id: string | null) =>
		id === null ? undefined : rows.byId(ticket.tenantId, id, tx);
	return {
		ticket,
		customer: await of(copies.customers, ticket.customerId),
		company: await of(copies.companies, ticket.companyId),
		assignee: await of(copies.people, ticket.assigneeId),
		group: await of(copies.groups, ticket.groupId),
		...(doer.rule ? { rule: { name: doer.rule.name } } : {}),
		sla: { metric },
	};
}

/** Throws 403 where the doer may not say this, 409 where the ticket is closed and it may not even then. */
function demandToSay({ doer, ticket }: Work, kind: "public_reply" | "internal_note"): void {
	const permission = kind === "public_reply" ? "tickets.reply" : "tickets.notes.write";
	demand(may(doer.caller, permission), `This needs the permission ${permission}.`);
	if (ticket.status === "closed" && !may(doer.caller, "tickets.notes.writeClosed")) throw ticketClosed(ticket);
}

async function say(work: Work, kind: "public_reply" | "internal_note", template: string, context: ActionContext) {
	if (kind === "public_reply" && work.ticket.status === "closed") throw ticketClosed(work.ticket);
	demandToSay(work, kind);
	const body = render(template, await valuesFor(work, context));
	checkBody(body, "/template");
	work.say(kind, body);
	return {};
}

function setField(work: Work, { field, value }: ActionOf<"set_field">): Done {
	const key = field.startsWith("customFields.") ? field.slice("customFields.".length) : null;
	if (key === null) return change(work, { [field]: value } as Patch);
	const from = work.ticket.customFields[key] ?? null;
	const done = change(work, { customFields: mergeFields(work.ticket.customFields, { [key]: value }) });
	return done.changes ? { changes: [{ field, from, to: value }] } : done;
}

async function follow(work: Work, userId: string): Promise<Done> {
	const { tickets, tx, ticket, doer } = work;
	const person = await tickets.copies.people.byId(ticket.tenantId, userId, tx);
	if (!person?.active) throw invalidField("/userId", "Only active people of staff can follow tickets.", "not_active");
	if (doer.caller.role === "agent" && userId !== doer.caller.id)
		demand(
			isAssignable(person) && person.groupIds.some((group) => doer.caller.groupIds.includes(group)),
			"Agents let colleagues of their own groups follow.",
		);
	const followerIds = [...new Set([...ticket.followerIds, userId])];
	if (followerIds.length > MAX_FOLLOWERS)
		throw invalidField("/userId", `A ticket has at most ${MAX_FOLLOWERS} followers.`, "maxItems");
	return change(work, { followerIds });
}

async function tell(work: Work, action: ActionOf<"notify">, { tellAt }: ActionContext): Promise<Done> {
	const { tickets, tx, ticket, doer } = work;
	if (isQuiet(ticket)) return { status: "unchanged", code: "blocked_customer" };
	if (tellAt !== null) {
		work.tell({ action, at: tellAt });
		return { status: "scheduled", at: tellAt.toISOString() };
	}
	const found = await recipientsOf(tickets, tx, ticket, action);
	const people = found.filter((id) => doer.rule !== null || id !== doer.caller.id).length;
	const recipients = people + [action.email, action.webhookId].filter((one) => one !== undefined).length;
	if (recipients === 0) return { status: "unchanged", code: "no_recipients", recipients };
	work.tell({ action, at: null });
	return { recipients };
}

const PERFORMERS: { [T in ActionType]: Performer<T> } = {
	set_priority: async (work, { priority }) => change(work, { priority }),
	set_status: async (work, { status }) => {
		demandStatus(work.doer.caller, status);
		return change(work, { status });
	},
	assign: (work, action) => assign(work, action),
	unassign: (work) => place(work, { assigneeId: null }),
	add_tags: async (work, { tags }) => changeTags(work, (current) => [...current, ...normalizeTags(tags)]),
	remove_tags: async (work, { tags }) => {
		const gone = normalizeTags(tags);
		return changeTags(work, (current) => current.filter((tag) => !gone.includes(tag)));
	},
	add_internal_note: (work, { template }, context) => say(work, "internal_note", template, context),
	send_public_reply: (work, { template }, context) => say(work, "public_reply", template, context),
	notify: (work, action, context) => tell(work, action, context),
	add_follower: (work, { userId }) => follow(work, userId),
	set_field: async (work, action) => setField(work, action),
	apply_macro: async (work, { macroId }, context) => {
		const actions = await context.macro(macroId);
		if (actions === null) throw new Problem(422, "unknown_macro", "There is no such macro any more.");
		const results = await perform(work, actions, context);
		const failed = results.find(({ status }) => status === "failed");
		if (failed) throw new Problem(422, failed.code ?? "failed", failed.detail ?? "An action of the macro failed.");
		return changed(results.flatMap(({ changes = [] }) => changes as Change[]));
	},
};

/**
 * Does actions in order on a ticket that is not written yet, and says what became of each. Those of a person throw what
 * goes wrong; of a rule, that is a result.
 */
export async function perform(
	work: Work,
	actions: readonly RuleAction[],
	context: ActionContext,
): Promise<ActionResult[]> {
	const results: ActionResult[] = [];
	for (const action of actions) results.push(await performOne(work, action, context));
	return results;
}

async function performOne(work: Work, action: RuleAction, context: ActionContext): Promise<ActionResult> {
	const { type } = action;
	try {
		const performer = PERFORMERS[type] as Performer<typeof type>;
		return await work.attempt(async () => ({
			type,
			status: "done",
			...(await performer(work, action as never, context)),
		}));
	} catch (error) {
		if (work.doer.rule === null || !isProblem(error)) throw error;
		return { type, status: "failed", code: error.type, detail: error.message };
	}
}
