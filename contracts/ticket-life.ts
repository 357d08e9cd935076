import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable } from "./fields.ts";
import { TicketView } from "./tickets-views.ts";

export const snoozeTicket = defineAction({
	name: "tickets.snooze",
	access: "tickets.update",
	rest: "POST /tickets/:id/snooze",
	summary: "Put a ticket off until a time",
	description:
		"The ticket has to be pending or on hold, else 409 `conflict`. At the time it is opened again, with the event " +
		"`ticket.woke`. What opens or solves it before, such as a message of the customer, ends it. `until: null` ends it " +
		"and leaves the status as it is. While it is snoozed the customer is not reminded, and it is not solved by itself.",
	path: strict({ id: Id }),
	body: strict({ until: Nullable(Instant) }),
	result: TicketView,
	ifMatch: true,
});
