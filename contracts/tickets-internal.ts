import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id } from "./fields.ts";

/** How many tickets a customer has that are neither solved nor closed. */
export const openTicketCount = defineAction({
	name: "tickets.openCountOfCustomer",
	access: "internal",
	idempotent: true,
	summary: "How many tickets of a customer are not done",
	body: strict({ tenantId: Id, customerId: Id }),
	result: Type.Object({ open: Type.Integer() }),
});
