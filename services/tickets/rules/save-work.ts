import type { Transaction } from "../../../mixins/store.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import type { LifecycleEvent } from "../lifecycle.ts";
import { scheduleNotice } from "../notifications/later.ts";
import { notify } from "../notifications/notify.ts";
import { recipientsOf } from "../notifications/recipients.ts";
import { emitMessage, type Revision, saveRevision } from "../save.ts";
import { businessResponseOf } from "../sla/business-seconds.ts";
import { writeMessage } from "../write-message.ts";
import type { Telling, Work } from "./work.ts";

/** Changes of one field as one: from what it was to what it is. What came back to where it was is none. */
export function merged(changes: readonly Change[]): Change[] {
	const byField = new Map<string, Change>();
	const messages: Change[] = [];
	for (const change of changes) {
		const before = byField.get(change.field);
		if (change.field === "message") messages.push(change);
		else byField.set(change.field, before ? { ...before, to: change.to } : change);
	}
	const differing = [...byField.values()].filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
	return [...messages, ...differing];
}

/** Events of several commands with one `updated` for all of them, in front. */
export function mergedEvents(events: readonly LifecycleEvent[]): LifecycleEvent[] {
	const updates = events.filter((event) => event.type === "updated");
	const changed = merged(updates.flatMap((event) => event.changed));
	const others = events.filter((event) => event.type !== "updated");
	return changed.length === 0 ? others : [{ type: "updated", changed }, ...others];
}

interface Saving {
	action: string;
	cause: NonNullable<Revision["cause"]>;
	/** names what is put off, so that a repeat puts it off once */
	key: string;
	metric: string | null;
}

/** Writes what actions have made of a ticket: the ticket, its messages, and whom to tell. */
export async function saveWork(work: Work, before: Ticket, { action, cause, key, metric }: Saving): Promise<Ticket> {
	const { tickets, tx, outcome } = work;
	const { ticket: next, happened } = outcome;
	const [changes, events] = [merged(outcome.changes), mergedEvents(outcome.events)];
	const saved = await saveRevision(tickets, tx, { before, next, action, changes, events, happened, cause });
	for (const { draft, ticket, response } of outcome.said) {
		const { messageCount, publicMessageCount } = ticket;
		const message = await writeMessage(tickets, tx, { ...saved, messageCount, publicMessageCount }, draft, tx.now);
		const business = await businessResponseOf(tickets, tx, saved, response, tx.now);
		await emitMessage(tx, saved, message, { ...response, ...business });
	}
	for (const [index, telling] of outcome.told.entries())
		await tell(work, tx, saved, telling, { key: `${key}-${index}`, metric });
	return saved;
}

async function tell(
	work: Work,
	tx: Transaction,
	ticket: Ticket,
	{ action, at }: Telling,
	{ key, metric }: Pick<Saving, "key" | "metric">,
): Promise<void> {
	const { tickets, doer } = work;
	const { template, email, webhookId } = action;
	const rule = doer.rule ?? undefined;
	if (at !== null && rule) return scheduleNotice(tickets, tx, ticket, { key, at, action, rule, metric });
	const found = await recipientsOf(tickets, tx, ticket, action);
	const userIds = rule ? found : found.filter((id) => id !== doer.caller.id);
	await notify(tickets, tx, ticket, {
		...{ kind: rule ? "rule" : "macro", userIds, email, webhookId, template, rule, metric },
	});
}
