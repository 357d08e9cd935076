import { maskEmail } from "../../lib/masking.ts";
import type { CallContext } from "../../mixins/action.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { Reader } from "./access.ts";
import { referencesOf } from "./references.ts";
import type { Tickets } from "./tickets-store.ts";
import { customerName, messageView, type References } from "./views.ts";

/** What can be asked to come along with a list, each thing once, from the service's own copies. */
export async function includedOf(
	ctx: CallContext,
	tickets: Tickets,
	reader: Reader,
	rows: readonly Ticket[],
	references: References,
	include: readonly string[],
): Promise<Record<string, unknown[]>> {
	const { customers, people, groups, companies } = references;
	const named = (copies: ReadonlyMap<string, { _id: string; name: string }>) =>
		[...copies.values()].map(({ _id, name }) => ({ id: _id, name }));
	const made: Record<string, () => unknown[] | Promise<unknown[]>> = {
		customer: () =>
			[...customers.values()].map((customer) => ({
				id: customer._id,
				name: customerName(customer, reader),
				email: customer.email === null || reader.pii ? customer.email : maskEmail(customer.email),
				...(reader.customer ? {} : { status: customer.status }),
			})),
		assignee: () => named(people),
		group: () => named(groups),
		company: () => named(companies),
		lastMessage: () => lastMessages(ctx, tickets, reader, rows),
	};
	const parts = include.map(async (name) => [name, (await made[name]?.()) ?? []] as const);
	return Object.fromEntries(await Promise.all(parts));
}

/** The newest message of each ticket that the reader may see. */
async function lastMessages(
	ctx: CallContext,
	tickets: Tickets,
	reader: Reader,
	rows: readonly Ticket[],
): Promise<unknown[]> {
	const [first] = rows;
	if (!first) return [];
	const ids = rows.map((ticket) => (reader.notes ? ticket.lastMessageId : ticket.lastPublicMessageId));
	const wanted = ids.filter((id) => id !== null);
	if (wanted.length === 0) return [];
	const { tenantId } = first;
	const messages = await tickets.messages.find({ tenantId }, { _id: { $in: wanted } });
	const references = await referencesOf(ctx, tickets, tenantId, [], messages);
	return messages.map((message) => messageView(message, references, reader));
}
