import { Schema } from "mongoose";
import { defineModel, defineRows, type Entity } from "./model.ts";

export interface CustomerEmail {
	value: string;
	normalized: string;
	primary: boolean;
	verifiedAt: Date | null;
}

export interface CustomerPhone {
	value: string;
	e164: string | null;
	primary: boolean;
}

export interface CompanyLink {
	id: string;
	role: "member" | "manager";
}

export type CustomerStatus = "lead" | "active" | "inactive" | "blocked" | "merged" | "erasing" | "erased";

/** Who keeps everybody else from changing a customer, and what the customer was before. */
export interface CustomerLock {
	sagaId: string;
	kind: "erase" | "merge";
	status: CustomerStatus;
}

/** Somebody who asks for help. */
export interface Customer extends Entity {
	/** unique in the tenant; absent where there is none */
	externalId?: string | undefined;
	name: string;
	/** what the list sorts by */
	nameKey: string;
	emails: CustomerEmail[];
	/** the normalised addresses nobody else in the tenant may have; absent where there are none */
	liveEmails?: string[] | undefined;
	phones: CustomerPhone[];
	/** first is primary */
	companies: CompanyLink[];
	status: CustomerStatus;
	tags: string[];
	title: string | null;
	avatarUrl: string | null;
	locale: string | null;
	timeZone: string | null;
	customFields: Record<string, unknown>;
	/** `key` and `key=value` of the custom fields, which is what filters by them look up */
	fieldKeys: string[];
	/** counted without a new version, like `ticketCounters`: neither is an edit that could collide with another */
	notesCount: number;
	ticketCounters: { open: number; total: number; lastTicketAt: Date | null };
	lastSeenAt: Date | null;
	deleted: boolean;
	deletedAt: Date | null;
	mergedIntoId: string | null;
	mergedAt: Date | null;
	erasedAt: Date | null;
	/** null or absent: anybody may change it */
	lock?: CustomerLock | null | undefined;
	/** the saga that made it and may take it back, until somebody else relies on it */
	madeBy?: string | undefined;
}

const text = { type: String, default: null };
const instant = { type: Date, default: null };
const part = (definition: Record<string, unknown>) => new Schema(definition, { _id: false });

const SORTS = ["createdAt", "updatedAt", "nameKey"];
/** The most telling filter first: of several that a request names, the first decides which index is walked. */
const FILTERS = [[], ["companies.id"], ["fieldKeys"], ["tags"], ["status"]];
const unique = (field: string): [Record<string, 1>, object] => [
	{ tenantId: 1, [field]: 1 },
	{ unique: true, partialFilterExpression: { [field]: { $exists: true } } },
];
const listed = (fields: string[]): [Record<string, 1>, object] => [
	Object.fromEntries(["tenantId", "deleted", ...fields, "_id"].map((field) => [field, 1])),
	{},
];

export const customerModel = defineModel<Customer>(
	"customers",
	{
		externalId: { type: String },
		name: { type: String, required: true },
		nameKey: { type: String, required: true },
		emails: {
			type: [
				part({
					value: { type: String, required: true },
					normalized: { type: String, required: true },
					primary: { type: Boolean, required: true },
					verifiedAt: instant,
				}),
			],
			default: [],
		},
		liveEmails: { type: [String], default: undefined },
		phones: {
			type: [part({ value: { type: String, required: true }, e164: text, primary: { type: Boolean, required: true } })],
			default: [],
		},
		companies: {
			type: [part({ id: { type: String, required: true }, role: { type: String, required: true } })],
			default: [],
		},
		status: { type: String, required: true },
		tags: { type: [String], default: [] },
		title: text,
		avatarUrl: text,
		locale: text,
		timeZone: text,
		customFields: { type: Schema.Types.Mixed, default: {} },
		fieldKeys: { type: [String], default: [] },
		notesCount: { type: Number, default: 0 },
		ticketCounters: {
			open: { type: Number, default: 0 },
			total: { type: Number, default: 0 },
			lastTicketAt: instant,
		},
		lastSeenAt: instant,
		deleted: { type: Boolean, default: false },
		deletedAt: instant,
		mergedIntoId: text,
		mergedAt: instant,
		erasedAt: instant,
		madeBy: { type: String },
		lock: {
			type: part({
				sagaId: { type: String, required: true },
				kind: { type: String, required: true },
				status: { type: String, required: true },
			}),
			default: null,
		},
	},
	[
		unique("liveEmails"),
		unique("externalId"),
		[{ tenantId: 1, mergedIntoId: 1, _id: 1 }, {}],
		// Every filter with every sort, so that a page is never sorted in memory.
		...FILTERS.flatMap((filter) => SORTS.map((sort) => listed([...filter, sort]))),
	],
);

/** A ticket as the counters of its customer know it. `sequence` is the newest of its events that was counted. */
export interface CountedTicket {
	_id: string;
	tenantId: string;
	customerId: string;
	sequence: number;
	open: boolean;
	deleted: boolean;
	createdAt: Date;
}

export const countedTicketModel = defineRows<CountedTicket>(
	"counted_tickets",
	{
		tenantId: { type: String, required: true },
		customerId: { type: String, required: true },
		sequence: { type: Number, required: true },
		open: { type: Boolean, required: true },
		deleted: { type: Boolean, required: true },
		createdAt: { type: Date, required: true },
	},
	[[{ tenantId: 1, customerId: 1, deleted: 1, createdAt: 1 }, {}]],
);

/** A tag that some customer has had: what the list of tags is made from. `_id` is tenant and tag. */
export interface KnownTag {
	_id: string;
	tenantId: string;
	tag: string;
}

export const knownTagModel = defineRows<KnownTag>(
	"known_tags",
	{ tenantId: { type: String, required: true }, tag: { type: String, required: true } },
	[[{ tenantId: 1, tag: 1 }, { unique: true }]],
);
