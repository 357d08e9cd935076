import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id } from "./fields.ts";
import { PersonView } from "./identity-internal.ts";

/**
 * Takes the open tickets away from somebody who was deactivated, some at a time; they stay in their groups. Nobody gives
 * that person a ticket afterwards. Does nothing where they were let in again meanwhile.
 */
export const releaseTickets = defineAction({
	name: "tickets.releaseTickets",
	access: "internal",
	summary: "Take the open tickets away from somebody who was deactivated",
	body: strict({ tenantId: Id, person: PersonView }),
	result: Type.Object({ released: Type.Integer(), more: Type.Boolean() }),
});

/** Gives the articles of somebody to somebody else, some at a time. Who wrote them stays. */
export const handOverArticles = defineAction({
	name: "knowledge-base.handOverArticles",
	access: "internal",
	summary: "Give the articles of somebody to somebody else",
	body: strict({
		tenantId: Id,
		ownerId: Id,
		heir: strict({ id: Id, name: Type.String(), version: Type.Integer() }),
	}),
	result: Type.Object({ handedOver: Type.Integer(), more: Type.Boolean() }),
});
