import type { CallContext } from "../../mixins/action.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { TicketMessage } from "../../models/ticket-message.ts";
import { signedUrl } from "./attachments/signed-url.ts";
import { customersAnswer } from "./neighbours.ts";
import { slaView } from "./sla/view.ts";
import type { Tickets } from "./tickets-store.ts";
import type { References } from "./views.ts";

/** The names that tickets and messages of a tenant show, from the service's own copies. Asks nobody. */
export async function referencesOf(
	ctx: CallContext,
	{ copies, store, runtime, terms: book }: Tickets,
	tenantId: string,
	tickets: readonly Ticket[],
	messages: readonly TicketMessage[] = [],
	tx?: InTransaction,
): Promise<References> {
	const authors = (type: TicketMessage["authorType"]) =>
		messages.filter((message) => message.authorType === type).map((message) => message.authorId);
	const customerIds = [...tickets.map((ticket) => ticket.customerId), ...authors("customer")];
	const personIds = [...tickets.map((ticket) => ticket.assigneeId), ...authors("agent")];
	const termsIds = tickets.map(({ sla }) => sla?.termsId ?? null);
	const terms = await book.byIds(tenantId, termsIds, tx);
	const now = runtime.clock.now();
	return {
		customers: await copies.customers.byIds(tenantId, customerIds, tx),
		companies: await copies.companies.byIds(
			tenantId,
			tickets.map((ticket) => ticket.companyId),
			tx,
		),
		people: await copies.people.byIds(tenantId, personIds, tx),
		groups: await copies.groups.byIds(
			tenantId,
			tickets.map((ticket) => ticket.groupId),
			tx,
		),
		stale: !customersAnswer(ctx),
		slaOf: ({ sla = null }) => slaView(sla, terms.get(sla?.termsId ?? "") ?? null, now),
		urlOf: (id) => signedUrl(store.secret, { tenantId, id }, now),
	};
}
