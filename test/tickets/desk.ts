import type { ServiceSchema } from "moleculer";
import type { CallerTenant } from "../../contracts/caller.ts";
import { checkCustomFields, discard, findOrCreate, snapshots } from "../../contracts/customers-internal.ts";
import type { EventContract } from "../../contracts/event-contract.ts";
import { groupsByIds, peopleByIds, tenantById } from "../../contracts/identity-internal.ts";
import type { StaffRole } from "../../contracts/permissions.ts";
import { searchableFields } from "../../contracts/search-documents.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import { invalidField } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import type { ServiceAdapter } from "../../mixins/adapter.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { outboxModel } from "../../models/outbox.ts";
import ticketsService from "../../services/tickets/tickets.service.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { customer as customerCaller, staff, tenant } from "../support/callers.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";

interface Row {
	id: string;
	tenantId: string;
	version: number;
}
interface CustomerRow extends Row {
	name: string;
	primaryEmail: string | null;
	status: "active" | "lead" | "blocked" | "inactive" | "merged" | "erased";
	companies: { id: string; role: "member" | "manager" }[];
	tags: string[];
	deleted: boolean;
	changed: string[];
}
interface CompanyRow extends Row {
	name: string;
	domains: string[];
	shareTickets: boolean;
	deleted: boolean;
}
interface PersonRow extends Row {
	name: string;
	email: string;
	role: StaffRole;
	status: "active" | "deactivated";
	groupIds: string[];
	availability: "online" | "away" | "offline";
	maxOpenTickets: number | null;
}
interface GroupRow extends Row {
	name: string;
}

/** What stands behind the neighbours of these tests: small, but real services with the real contracts. */
export class Neighbours {
	readonly customers = new Map<string, CustomerRow>();
	readonly companies = new Map<string, CompanyRow>();
	readonly people = new Map<string, PersonRow>();
	readonly groups = new Map<string, GroupRow>();
	readonly tenants = new Map<string, CallerTenant>();
	readonly discarded: string[] = [];
	/** keys of the custom fields that can be searched */
	searchable: string[] = [];

	private of<T extends Row>(rows: Map<string, T>, tenantId: string, ids: readonly string[] = []) {
		return ids
			.map((id) => rows.get(id))
			.filter((row) => row !== undefined)
			.filter((row) => row.tenantId === tenantId)
			.map(({ tenantId: _tenantId, ...row }) => row);
	}

	customersService(): ServiceSchema {
		return {
			name: "customers",
			actions: {
				snapshots: action(snapshots, async ({ params: { tenantId, customerIds, companyIds } }) => ({
					customers: this.of(this.customers, tenantId, customerIds),
					companies: this.of(this.companies, tenantId, companyIds),
				})),
				findOrCreate: action(findOrCreate, async ({ params: { tenantId, email, name, create, id } }) => {
					const known = [...this.customers.values()].find(
						(row) => row.tenantId === tenantId && row.primaryEmail === email,
					);
					if (!known && create === false) return { customer: null as never, created: false };
					const fresh = { ...(id ? { id } : {}), name: name ?? email, primaryEmail: email, status: "lead" as const };
					const row = known ?? this.customer(tenantId, fresh);
					const { tenantId: _tenantId, ...customer } = row;
					return { customer, created: known === undefined };
				}),
				searchableFields: action(searchableFields, async () => this.searchable),
				discard: action(discard, async ({ params }) => {
					this.discarded.push(params.customerId);
					return { discarded: true };
				}),
				checkCustomFields: action(checkCustomFields, async ({ params: { values } }) => {
					for (const [key, value] of Object.entries(values))
						if (key === "forbidden") throw invalidField(`/customFields/${key}`, `No such field as ${value}.`);
					return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
				}),
			},
		} as unknown as ServiceSchema;
	}

	identityService(): ServiceSchema {
		return {
			name: "identity",
			actions: {
				peopleByIds: action(peopleByIds, async ({ params: { tenantId, ids } }) => this.of(this.people, tenantId, ids)),
				tenantById: action(tenantById, async ({ params: { tenantId } }) => {
					const found = this.tenants.get(tenantId);
					return found ? { ...found, version: 1 } : null;
				}),
				groupsByIds: action(groupsByIds, async ({ params: { tenantId, ids } }) => this.of(this.groups, tenantId, ids)),
			},
		} as unknown as ServiceSchema;
	}

	customer(tenantId: string, fields: Partial<CustomerRow> = {}): CustomerRow {
		const id = newId();
		const row: CustomerRow = {
			...{ id, tenantId, version: 1, name: "Cora Customer", primaryEmail: `cora-${id.slice(-6)}@mail.example` },
			...{ status: "active", companies: [], tags: [], deleted: false, changed: [] },
			...fields,
		};
		this.customers.set(row.id, row);
		return row;
	}

	company(tenantId: string, fields: Partial<CompanyRow> = {}): CompanyRow {
		const id = newId();
		const row = { id, tenantId, version: 1, name: "ACME", domains: [], shareTickets: false, deleted: false, ...fields };
		this.companies.set(row.id, row);
		return row;
	}

	group(tenantId: string, name = "First line"): GroupRow {
		const row = { id: newId(), tenantId, version: 1, name };
		this.groups.set(row.id, row);
		return row;
	}

	person(tenantId: string, role: StaffRole, groupIds: string[] = [], fields: Partial<PersonRow> = {}): PersonRow {
		const id = newId();
		const row: PersonRow = {
			...{ id, tenantId, version: 1, name: `${role} ${id.slice(-4)}`, email: `${id.slice(-6)}@desk.example`, role },
			...{ status: "active", groupIds, availability: "online", maxOpenTickets: null },
			...fields,
		};
		this.people.set(row.id, row);
		return row;
	}
}

/** The tickets service on a real broker, with neighbours to populate and a clock to move. */
export interface TicketsDesk {
	app: TestBroker;
	neighbours: Neighbours;
	clock: ManualClock;
	call: TestBroker["call"];
	/** puts an event of a neighbour into the log */
	publish<D>(contract: EventContract<D>, tenantId: string, row: Row, data: D): Promise<void>;
	/** the events of a ticket so far, or of all of them, in order */
	eventsOf(ticketId?: string): Promise<DomainEvent<never>[]>;
	stop(): Promise<void>;
}

export async function startTickets(): Promise<TicketsDesk> {
	const neighbours = new Neighbours();
	const clock = manualClock("2026-02-02T09:00:00.000Z");
	const app = await startBroker(
		[
			() => neighbours.identityService(),
			() => neighbours.customersService(),
			(runtime: Runtime) => ticketsService(runtime),
		],
		{ clock },
	);
	return {
		app,
		neighbours,
		clock,
		call: app.call,
		async publish(contract, tenantId, row, data) {
			await app.runtime.events.append([
				{
					...{ id: newId(), type: contract.type, specversion: "1.0", source: "neighbour", tenantId },
					...{ subject: `${contract.aggregate}/${row.id}`, time: clock.now().toISOString(), sequence: row.version },
					...{ dataSchema: `${contract.type}/1`, correlationId: newId(), causationId: null },
					actor: { type: "system", id: "test", name: "test" },
					data,
				},
			]);
		},
		async eventsOf(ticketId) {
			// What is committed is in the outbox until it is in the log.
			const { adapter } = app.broker.getLocalService("tickets") as unknown as { adapter: ServiceAdapter };
			await eventually(
				async () => (await adapter.conn.model(outboxModel.name).find({}).sort({ _id: 1 }).limit(1)).length === 0,
			);
			const log = await app.runtime.events.read({ limit: 100_000, types: ["ticket.*", "message.*"] });
			const events = log.map(({ event }) => event as DomainEvent<never>);
			return ticketId === undefined ? events : events.filter(({ subject }) => subject === `ticket/${ticketId}`);
		},
		stop: () => app.stop(),
	};
}

/** Waits until something holds, up to ten seconds. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
	for (let i = 0; i < 2000; i++) {
		if (await holds()) return;
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	throw new Error("it did not come to hold");
}

/** The status, code and members of a refusal; fails where there was none. */
export async function refusal(promise: Promise<unknown>): Promise<{
	code: number;
	type: string;
	data: { extra?: Record<string, unknown>; errors?: { pointer: string }[] };
}> {
	const result = await promise.then(
		(value) => ({ value }),
		(error) => ({ error }),
	);
	if ("value" in result) throw new Error(`nothing was refused: ${JSON.stringify(result.value)}`);
	return result.error;
}

/** A tenant with one of each: two groups, people in the first, customers. */
export function populate({ neighbours }: TicketsDesk, settings: Parameters<typeof tenant>[0] = {}) {
	const here: CallerTenant = tenant(settings);
	neighbours.tenants.set(here.id, here);
	const group = neighbours.group(here.id);
	const other = neighbours.group(here.id, "Second line");
	const someone = (role: StaffRole, groupIds = [group.id]) => {
		const person = neighbours.person(here.id, role, groupIds);
		return staff(here, role, { id: person.id, name: person.name, email: person.email, groupIds });
	};
	const company = neighbours.company(here.id);
	const cora = neighbours.customer(here.id, { companies: [{ id: company.id, role: "member" }] });
	return {
		tenant: here,
		group,
		other,
		company,
		someone,
		owner: someone("owner"),
		admin: someone("admin"),
		supervisor: someone("supervisor"),
		agent: someone("agent"),
		colleague: someone("agent"),
		outsider: someone("agent", [other.id]),
		viewer: someone("viewer"),
		cora,
		customer: customerCaller(here, cora.id, { name: cora.name }),
		as: (id: string) => customerCaller(here, id),
	};
}

export type Populated = ReturnType<typeof populate>;
