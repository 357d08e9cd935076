import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id } from "./fields.ts";
import { TagChange } from "./ticket-relations.ts";
import { TicketView } from "./tickets-views.ts";

/** How many tickets a customer has that are neither solved nor closed. */
export const openTicketCount = defineAction({
	name: "tickets.openCountOfCustomer",
	access: "internal",
	idempotent: true,
	summary: "How many tickets of a customer are not done",
	body: strict({ tenantId: Id, customerId: Id }),
	result: Type.Object({ open: Type.Integer() }),
});

/** Adds tags to a ticket and takes others from it, at once: `tags` and `add` mean the same. */
export const changeTicketTags = defineAction({
	name: "tickets.changeTags",
	access: "tickets.update",
	summary: "Add tags to a ticket and take others from it",
	path: strict({ id: Id }),
	body: TagChange,
	result: TicketView,
	ifMatch: true,
});
