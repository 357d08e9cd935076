import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Words } from "./fields.ts";
import { LINK_TYPES, TicketView } from "./tickets-views.ts";

const ById = strict({ id: Id });
const TagNames = strict({
	tags: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 50 }),
});

const SomeTags = Type.Optional(TagNames.properties.tags);

/** Tags to add, as `tags` or `add`, and to take away. */
export const TagChange = strict({ tags: SomeTags, add: SomeTags, remove: SomeTags });

export const addTags = defineAction({
	name: "tickets.addTags",
	access: "tickets.update",
	rest: "POST /tickets/:id/tags",
	summary: "Add tags to a ticket",
	path: ById,
	body: TagNames,
	result: TicketView,
});

export const removeTags = defineAction({
	name: "tickets.removeTags",
	access: "tickets.update",
	rest: "DELETE /tickets/:id/tags",
	summary: "Take tags from a ticket",
	path: ById,
	body: TagNames,
	result: TicketView,
	ifMatch: true,
});

export const addLink = defineAction({
	name: "tickets.addLink",
	access: "tickets.update",
	rest: "POST /tickets/:id/links",
	summary: "Link a ticket to another",
	description: "parent, child and related links show on both tickets. A ticket cannot become its own ancestor.",
	path: ById,
	body: strict({ type: Words(LINK_TYPES), ticketId: Id }),
	result: TicketView,
});

export const removeLink = defineAction({
	name: "tickets.removeLink",
	access: "tickets.update",
	rest: "DELETE /tickets/:id/links/:linkId",
	summary: "Remove the links to another ticket",
	description: "`linkId` is the other ticket's id; `type` removes only the link of that type.",
	path: strict({ id: Id, linkId: Id }),
	query: strict({ type: Type.Optional(Words(LINK_TYPES)) }),
	result: TicketView,
	ifMatch: true,
});

export const addFollower = defineAction({
	name: "tickets.addFollower",
	access: "tickets.update",
	rest: "POST /tickets/:id/followers",
	summary: "Let somebody of staff follow a ticket",
	description: "`me`, the default, is the caller. Who follows a ticket may see it.",
	path: ById,
	body: strict({ userId: Type.Optional(Id) }),
	result: TicketView,
});

export const removeFollower = defineAction({
	name: "tickets.removeFollower",
	access: "tickets.update",
	rest: "DELETE /tickets/:id/followers/:userId",
	summary: "Let somebody follow a ticket no longer",
	path: strict({ id: Id, userId: Id }),
	result: TicketView,
	ifMatch: true,
});
