import type mongoose from "mongoose";

/** A ticket with one of everything the services store. */
export interface Ticket {
	_id: string;
	tenantId: string;
	number: number;
	subject: string;
	status: string;
	priority?: string | null;
	tags: string[];
	messages: { _id: string; author: string; body: string; internal?: boolean }[];
	requester?: { id: string; name?: string };
	custom?: unknown;
	dueAt?: Date | null;
	version: number;
	deletedAt?: Date | null;
}

/** A person whose addresses are unique in a tenant. */
export interface Person {
	_id: string;
	tenantId: string;
	emails: { address: string }[];
	externalId?: string;
}

/** Registers the models on a connection and waits for their indexes. */
export async function conformanceModels(connection: mongoose.Connection) {
	const { Schema } = connection.base;
	const message = { _id: String, author: String, body: String, internal: Boolean };
	const ticket = new Schema<Ticket>(
		{
			_id: String,
			tenantId: { type: String, required: true },
			number: Number,
			subject: { type: String, required: true },
			status: { type: String, enum: ["new", "open", "solved"], default: "new" },
			priority: String,
			tags: [String],
			messages: [message],
			requester: { id: String, name: String },
			custom: Schema.Types.Mixed,
			dueAt: Date,
			version: { type: Number, default: 1 },
			deletedAt: Date,
		},
		{ timestamps: true, versionKey: false, minimize: false },
	);
	ticket.index({ tenantId: 1, number: 1 }, { unique: true });
	ticket.index({ tenantId: 1, status: 1, dueAt: -1, _id: -1 });
	ticket.index({ tenantId: 1, tags: 1 });
	const person = new Schema<Person>(
		{ _id: String, tenantId: String, emails: [{ _id: false, address: String }], externalId: String },
		{ versionKey: false },
	);
	const onlyWithAddress = { "emails.address": { $exists: true } };
	person.index({ tenantId: 1, "emails.address": 1 }, { unique: true, partialFilterExpression: onlyWithAddress });
	person.index(
		{ tenantId: 1, externalId: 1 },
		{ unique: true, partialFilterExpression: { externalId: { $type: "string" } } },
	);
	const Tickets = connection.model("Ticket", ticket);
	const People = connection.model("Person", person);
	await Promise.all([Tickets.init(), People.init()]);
	return { Tickets, People };
}
