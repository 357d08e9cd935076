import type { Repository, Scope } from "../../mixins/repository.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Store, type Transaction } from "../../mixins/store.ts";
import { type Company, companyModel } from "../../models/company.ts";
import { type CustomFieldDef, customFieldModel, type FieldTarget } from "../../models/custom-field.ts";
import { type Customer, countedTicketModel, customerModel, knownTagModel } from "../../models/customer.ts";
import { customerMergeModel } from "../../models/customer-merge.ts";
import { type CustomerNote, customerNoteModel } from "../../models/customer-note.ts";
import { sagaModel } from "../../models/saga.ts";
import { suppressionModel } from "../../models/suppression.ts";
import { tenantExportModel, tenantExportPartModel } from "../../models/tenant-export.ts";

/** What the files of this service share: its documents and the runtime it stands on. */
export interface Customers {
	runtime: Runtime;
	store: Store;
	customers: Repository<Customer>;
	companies: Repository<Company>;
	notes: Repository<CustomerNote>;
	fields: Repository<CustomFieldDef>;
}

/** How many custom fields a tenant can have for one target. */
export const MAX_FIELDS = 200;

/** Opens the service's store; `onError` hears of events that could not be published yet. */
export function openCustomers(runtime: Runtime, onError: (error: unknown) => void): Customers {
	const models = [
		customerModel,
		companyModel,
		customerNoteModel,
		customFieldModel,
		countedTicketModel,
		knownTagModel,
		suppressionModel,
		tenantExportModel,
		tenantExportPartModel,
		customerMergeModel,
		sagaModel,
	];
	const store = new Store(runtime, "customers", models as never, onError);
	return {
		runtime,
		store,
		customers: store.repository(customerModel, "customer"),
		companies: store.repository(companyModel, "company"),
		notes: store.repository(customerNoteModel, "note"),
		fields: store.repository(customFieldModel, "custom field"),
	};
}

/** The custom fields of a target, archived ones too. */
export function fieldsOf(
	{ fields }: Customers,
	tenantId: string,
	target: FieldTarget,
	tx?: Transaction,
): Promise<CustomFieldDef[]> {
	return fields.find({ tenantId }, { target }, { limit: MAX_FIELDS, ...(tx ? { tx } : {}) });
}

/** The names of companies by id, for those that exist. */
export async function companyNames(
	{ companies }: Customers,
	{ tenantId }: Scope,
	ids: readonly (string | undefined)[],
	tx?: Transaction,
): Promise<Map<string, string>> {
	const wanted = [...new Set(ids)].filter((id) => id !== undefined);
	if (wanted.length === 0) return new Map();
	const found = await companies.find({ tenantId }, { _id: { $in: wanted } }, tx ? { tx } : {});
	return new Map(found.map((company) => [company._id, company.name]));
}
