import type { ServiceSchema } from "moleculer";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { sagaMixin } from "../../mixins/saga.mixin.ts";
import { subscriberMixin } from "../../mixins/subscriber.mixin.ts";
import { companyActions } from "./companies.ts";
import { createActions } from "./create-customer.ts";
import { customFieldActions } from "./custom-fields.ts";
import { CustomerSagas } from "./customer-sagas.ts";
import { openCustomers } from "./customers-store.ts";
import { deleteCompanyActions } from "./delete-company.ts";
import { deleteActions } from "./delete-customer.ts";
import { eraseActions } from "./erasure/erase-customer.ts";
import { internalActions } from "./internal.ts";
import { tagActions } from "./known-tags.ts";
import { mergeActions } from "./merge/merge-customer.ts";
import { noteActions } from "./notes.ts";
import { readActions } from "./read-customers.ts";
import { searchActions } from "./search-documents.ts";
import { tenantActions } from "./tenant-partition.ts";
import { ticketHandlers } from "./ticket-counters.ts";
import { updateActions } from "./update-customer.ts";

/** Customers, their companies, notes on them, and the tenant's custom fields. */
export default function customersService(runtime: Runtime): ServiceSchema {
	let log: (error: unknown) => void = () => undefined;
	const customers = openCustomers(runtime, (error) => log(error));
	const sagas = new CustomerSagas(customers);
	return {
		name: "customers",
		// The store last: Moleculer starts the last mixin first, and events need it.
		mixins: [
			sagaMixin(sagas.runner),
			subscriberMixin(runtime, customers.store, "customers", ticketHandlers(customers, sagas)),
			collectionMixin(customers.store),
		],
		actions: {
			...createActions(customers),
			...readActions(customers),
			...updateActions(customers),
			...deleteActions(customers),
			...mergeActions(customers, sagas),
			...eraseActions(customers, sagas),
			...noteActions(customers),
			...tagActions(customers),
			...companyActions(customers),
			...deleteCompanyActions(customers),
			...customFieldActions(customers),
			...internalActions(customers),
			...searchActions(customers),
			...tenantActions(customers),
		},
		created() {
			log = (error) => this.logger.error("events wait in the outbox", error);
		},
	};
}
