import { customerErased } from "../../contracts/customer-erasure.ts";
import {
	companyCreated,
	companyDeleted,
	companyUpdated,
	customerCreated,
	customerDeleted,
	customerMerged,
	customerRestored,
	customerUpdated,
} from "../../contracts/customers-events.ts";
import type { DataOf } from "../../contracts/event-contract.ts";
import {
	groupCreated,
	groupDeleted,
	groupUpdated,
	tenantOffboarding,
	tenantProvisioned,
	tenantSuspended,
	tenantUpdated,
	userAvailabilityChanged,
	userCreated,
	userDeactivated,
	userUpdated,
} from "../../contracts/identity-events.ts";
import { requesterUpdated } from "../../contracts/tickets-events.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import type { Transaction } from "../../mixins/store.ts";
import { type EventHandler, on } from "../../mixins/subscriber.mixin.ts";
import { groupChanged, personChanged } from "./assignment/group-changes.ts";
import { mayLoseTickets, noteHandover } from "./handover.ts";
import { settingsChanged } from "./life-times.ts";
import { companyCopy, customerCopy, groupCopy, personCopy, tenantCopy } from "./neighbours.ts";
import { customerTagsChanged, recalculateGroups } from "./sla/recalculate.ts";
import { beginSoon } from "./tenant-beginning.ts";
import type { Tickets } from "./tickets-store.ts";

/** The id and version of the thing an event is about. */
function subjectOf(event: DomainEvent): { id: string; version: number } {
	return { id: event.subject.slice(event.subject.indexOf("/") + 1), version: event.sequence };
}

/** What the tickets service hears of customers, companies, people and groups: it keeps its copies. */
export function neighbourEvents(tickets: Tickets, onHandover: () => void): EventHandler[] {
	const { copies } = tickets;

	const keepCustomer = async (event: DomainEvent<DataOf<typeof customerUpdated>>, tx: Transaction) => {
		const customer = customerCopy(event.tenantId, { ...subjectOf(event), ...event.data });
		const known = await copies.customers.keep(tx, customer);
		// A late event tells of somebody as they were, maybe before they were erased.
		if (known && known.sequence > customer.sequence) return;
		if (event.data.changed.includes("tags")) await customerTagsChanged(tickets, tx, customer._id);
		// Also where the copy was as new already: it may have been looked up, and nobody told of it.
		if (!event.data.changed.some((field) => field === "name" || field === "emails")) return;
		const { _id, sequence: version, name, email } = customer;
		await tx.emit(requesterUpdated, { _id, version }, { name, email });
	};
	const keepCompany = async (event: DomainEvent<DataOf<typeof companyUpdated>>, tx: Transaction) => {
		await copies.companies.keep(tx, companyCopy(event.tenantId, { ...subjectOf(event), ...event.data }));
	};
	const keepGroup = async (event: DomainEvent<DataOf<typeof groupUpdated>>, tx: Transaction) => {
		const group = groupCopy(event.tenantId, { ...subjectOf(event), ...event.data });
		const known = await copies.groups.keep(tx, group);
		if (known && known.sequence > group.sequence) return;
		if (known) await groupChanged(tickets, tx, known.sequence === group.sequence ? undefined : known, group);
		// One that was not known yet has no tickets; what was looked up meanwhile may be as new as this.
		const looked = known?.sequence === group.sequence && event.type === groupUpdated.type;
		if (known && (looked || (known.calendarId ?? null) !== group.calendarId))
			await recalculateGroups(tickets, tx, "group_calendar");
	};
	const keepTenant = async (event: DomainEvent<DataOf<typeof tenantUpdated>>, tx: Transaction) => {
		const tenant = tenantCopy({ ...event.data, ...subjectOf(event) });
		const known = await copies.tenants.keep(tx, tenant);
		if (!known || known.sequence < tenant.sequence) await settingsChanged(tickets, tx, known, tenant);
		if (event.type === tenantProvisioned.type) await beginSoon(tickets, tx, tenant.tenantId);
	};
	const keepPerson = async (event: DomainEvent<DataOf<typeof userUpdated>>, tx: Transaction) => {
		const person = personCopy(event.tenantId, { ...subjectOf(event), ...event.data });
		const known = await copies.people.keep(tx, person);
		// Somebody looked up meanwhile may be known in this state already, while the tickets are still to follow.
		const current = known && known.sequence > person.sequence ? known : person;
		await personChanged(tickets, tx, current);
		if (current === person && mayLoseTickets(known?.sequence === person.sequence ? undefined : known, person)) {
			await noteHandover(tickets, tx, person._id);
			setImmediate(onHandover);
		}
	};

	return [
		...[customerCreated, customerUpdated, customerDeleted, customerRestored, customerMerged, customerErased].map(
			(one) => on(one, keepCustomer),
		),
		...[companyCreated, companyUpdated, companyDeleted].map((one) => on(one, keepCompany)),
		...[groupCreated, groupUpdated, groupDeleted].map((one) => on(one, keepGroup)),
		...[tenantProvisioned, tenantUpdated, tenantSuspended, tenantOffboarding].map((one) => on(one, keepTenant)),
		...[userCreated, userUpdated, userAvailabilityChanged, userDeactivated].map((one) => on(one, keepPerson)),
	];
}
