import type { ActionSchema } from "moleculer";
import { closePartitionOf, openPartitionOf } from "../../contracts/tenant-partition.ts";
import { action } from "../../mixins/action.ts";
import { exportActions, partitionActions } from "../../mixins/tenant-partition.ts";
import { companyModel } from "../../models/company.ts";
import { customFieldModel } from "../../models/custom-field.ts";
import { customerModel } from "../../models/customer.ts";
import { customerNoteModel } from "../../models/customer-note.ts";
import type { Customers } from "./customers-store.ts";

/** Made of other fields, for indexes. */
const DERIVED = ["nameKey", "fieldKeys", "liveEmails", "__v"];

const EXPORTED = [
	{ entity: "company", model: companyModel, order: ["createdAt", "_id"], omit: DERIVED },
	{ entity: "customField", model: customFieldModel, order: ["createdAt", "_id"] },
	{ entity: "customer", model: customerModel, order: ["deleted", "createdAt", "_id"], omit: DERIVED },
	{ entity: "customerNote", model: customerNoteModel, order: ["customerId", "createdAt", "_id"] },
];

/** How the customers service takes part in the beginning and the end of a tenant: a new one has no customers. */
export function tenantActions({ store, runtime }: Customers): Record<string, ActionSchema> {
	return {
		openPartition: action(openPartitionOf("customers"), async () => ({ made: 0 })),
		closePartition: action(closePartitionOf("customers"), async () => ({ removed: 0, more: false })),
		...exportActions("customers", store, EXPORTED as never),
		...partitionActions("customers", store, runtime.clock),
	};
}
