import type { ClientSession, Model as MongooseModel } from "mongoose";
import { tenantOffboarded } from "../../../contracts/identity-events.ts";
import { audienceOf } from "../../../contracts/ticket-audience.ts";
import type { DomainEvent } from "../../../lib/event-log.ts";
import { type ActivityRow, dashboardActivityModel } from "../../../models/dashboard-activity.ts";
import { dashboardTenantModel } from "../../../models/dashboard-tenant.ts";
import type { Model } from "../../../models/model.ts";
import type { TenantFacts, TicketFacts } from "../facts.ts";
import { isOfTicket } from "./activity-rows.ts";
import { activityKind, type Fact, KINDS, type Kind, ticketKind } from "./kinds.ts";
import { applyTenantEvent, unknownTenant } from "./people-facts.ts";

/** The collections that are written: those that serve, or those of a rebuild. */
export type Tables = <T extends { _id: string }>(model: Model<T>) => MongooseModel<T>;

/** An event and its place in the log. */
export interface Positioned {
	event: DomainEvent;
	position: number;
}

/** The words by which staff finds a ticket and whatever is told of it. */
export function audienceOfFacts(facts: TicketFacts): string[] {
	const { deleted, groupId, assigneeId, followerIds } = facts;
	return audienceOf({ deletedAt: deleted ? new Date(0) : null, groupId, assigneeId, followerIds });
}

/** The documents of one kind that a batch touches. */
class Shelf<T extends Fact> {
	readonly kind: Kind<T>;
	readonly loaded = new Map<string, T>();
	readonly current = new Map<string, T>();

	constructor(kind: Kind<T>) {
		this.kind = kind;
	}

	async load(tables: Tables, session: ClientSession, events: readonly Positioned[]): Promise<void> {
		const ids = new Set(events.map(({ event }) => this.kind.idOf(event)).filter((id) => id !== null));
		if (ids.size === 0) return;
		const rows = await tables(this.kind.model)
			.find({ _id: { $in: [...ids] } } as never)
			.session(session)
			.lean<T[]>();
		for (const row of rows) {
			this.loaded.set(row._id, row);
			this.current.set(row._id, row);
		}
	}

	apply(event: DomainEvent): void {
		const id = this.kind.idOf(event);
		if (id === null) return;
		const before = this.current.get(id) ?? null;
		if (before && before.tenantId !== event.tenantId) throw new TypeError(`${event.type} of another tenant's document`);
		const after = this.kind.apply(before, event);
		if (after) this.current.set(id, after);
	}

	changed(): T[] {
		return [...this.current.values()].filter((row) => this.loaded.get(row._id) !== row);
	}
}

/** Writes whole documents, past Mongoose, which would cast and validate what was made right here. */
export async function replaceAll<T extends { _id: string }>(
	table: MongooseModel<T>,
	rows: readonly T[],
	session: ClientSession,
): Promise<void> {
	if (rows.length === 0) return;
	const operations = rows.map((row) => {
		const { _id, ...replacement } = row;
		return { replaceOne: { filter: { _id }, replacement, upsert: true } };
	});
	await table.collection.bulkWrite(operations as never, { session, ordered: true });
}

async function tenantsOf(tables: Tables, session: ClientSession, events: readonly Positioned[]) {
	const ids = [...new Set(events.map(({ event }) => event.tenantId))];
	const rows = await tables(dashboardTenantModel)
		.find({ _id: { $in: ids } })
		.session(session)
		.lean<TenantFacts[]>();
	const known = new Map(rows.map((row) => [row._id, row]));
	return new Map(ids.map((id) => [id, known.get(id) ?? unknownTenant(id)]));
}

const isIncluded = ({ rebuiltTo, rebuiltWithout }: TenantFacts, { event, position }: Positioned) =>
	position <= rebuiltTo && !rebuiltWithout.includes(event.id);

const DAY_MS = 24 * 3600 * 1000;

/** From when on rows of the feed are kept. */
export const feedHorizon = ({ eventDays }: TenantFacts, now: Date) => now.getTime() - eventDays * DAY_MS;

/**
 * Brings the read models up to date with some events, in their order, inside the caller's transaction. Each changed
 * document gets the tenant's next `rev`. Returns the tenants of which anything changed.
 * @throws {TypeError} for an event that cannot be understood
 */
export async function project(
	tables: Tables,
	session: ClientSession,
	events: readonly Positioned[],
	now: Date,
): Promise<Set<string>> {
	const tenants = await tenantsOf(tables, session, events);
	const fresh = events.filter(
		// Of a tenant that has left nothing is kept, not even that.
		(each) =>
			each.event.type !== tenantOffboarded.type && !isIncluded(tenants.get(each.event.tenantId) as TenantFacts, each),
	);
	const shelves = KINDS.map((kind) => new Shelf(kind));
	for (const shelf of shelves) await shelf.load(tables, session, fresh);
	const told = new Set<string>();
	for (const { event } of fresh) {
		const { tenantId, type } = event;
		if (type.startsWith("tenant.")) {
			const tenant = applyTenantEvent(tenants.get(tenantId) as TenantFacts, event);
			tenants.set(tenantId, { ...tenant, rev: tenant.rev + 1 });
			told.add(tenantId);
		}
		for (const shelf of shelves) shelf.apply(event);
	}
	await placeRows(tables, session, shelves);
	for (const shelf of shelves) {
		const rows = shelf.changed().filter((row) => isKept(shelf, row, tenants, now));
		await replaceAll(tables(shelf.kind.model), numbered(rows, tenants), session);
		for (const { tenantId } of rows) told.add(tenantId);
	}
	await replaceAll(
		tables(dashboardTenantModel),
		[...told].map((id) => tenants.get(id) as TenantFacts),
		session,
	);
	return told;
}

/** Old history that was imported makes no rows that would be swept at once. */
function isKept(shelf: Shelf<Fact>, row: Fact, tenants: ReadonlyMap<string, TenantFacts>, now: Date): boolean {
	if (shelf.kind.model !== dashboardActivityModel) return true;
	return (row as ActivityRow).at.getTime() >= feedHorizon(tenants.get(row.tenantId) as TenantFacts, now);
}

/** The rows with the next numbers of their tenants, which move on. */
function numbered(rows: readonly Fact[], tenants: Map<string, TenantFacts>): Fact[] {
	return rows.map((row) => {
		const tenant = tenants.get(row.tenantId) as TenantFacts;
		const rev = tenant.rev + 1;
		tenants.set(row.tenantId, { ...tenant, rev });
		return { ...row, rev };
	});
}

const sameWords = (a: readonly string[], b: readonly string[]) =>
	a.length === b.length && a.every((word, index) => word === b[index]);

/** Gives new rows of tickets the words by which the ticket is found now, and older rows too where it moved. */
async function placeRows(tables: Tables, session: ClientSession, shelves: readonly Shelf<Fact>[]): Promise<void> {
	const tickets = shelfOf(shelves, ticketKind);
	const rows = shelfOf(shelves, activityKind);
	for (const row of rows.changed()) {
		const ticket = isOfTicket(row) ? tickets.current.get(row.subject.slice("ticket/".length)) : undefined;
		if (ticket) rows.current.set(row._id, { ...row, audience: audienceOfFacts(ticket) });
	}
	for (const ticket of tickets.changed()) {
		const audience = audienceOfFacts(ticket);
		const before = tickets.loaded.get(ticket._id);
		if (!before || sameWords(audienceOfFacts(before), audience)) continue;
		await tables(dashboardActivityModel).collection.updateMany(
			{ tenantId: ticket.tenantId, subject: `ticket/${ticket._id}` },
			{ $set: { audience } },
			{ session },
		);
	}
}

function shelfOf<T extends Fact>(shelves: readonly Shelf<Fact>[], kind: Kind<T>): Shelf<T> {
	return shelves.find((shelf) => shelf.kind === (kind as unknown)) as unknown as Shelf<T>;
}
