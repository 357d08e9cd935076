import type { Model as MongooseModel } from "mongoose";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Store } from "../../mixins/store.ts";
import type { Model } from "../../models/model.ts";
import {
	type CompanyCopy,
	type Copy,
	type CustomerCopy,
	companyCopyModel,
	customerCopyModel,
	type GroupCopy,
	groupCopyModel,
	type PersonCopy,
	personCopyModel,
	type TenantCopy,
	tenantCopyModel,
} from "../../models/ticket-copies.ts";

/** One kind of copy: the tickets service's own, kept by events, so that reading a ticket asks nobody. */
export class CopiesOf<T extends Copy> {
	private readonly model: () => MongooseModel<T>;

	constructor(store: Store, model: Model<T>) {
		this.model = () => store.model(model);
	}

	/** The copies of a tenant with these ids, by id; unknown ones are missing. */
	async byIds(tenantId: string, ids: Iterable<string | null>, tx?: InTransaction): Promise<Map<string, T>> {
		const wanted = [...new Set(ids)].filter((id) => id !== null);
		if (wanted.length === 0) return new Map();
		const rows = await this.model()
			.find({ _id: { $in: wanted }, tenantId } as never)
			.session(tx?.session ?? null)
			.lean<T[]>();
		return new Map(rows.map((row) => [row._id, row]));
	}

	/** The copy with this id, or undefined. */
	async byId(tenantId: string, id: string, tx?: InTransaction): Promise<T | undefined> {
		return (await this.byIds(tenantId, [id], tx)).get(id);
	}

	/** Keeps a copy unless a newer one is there. Returns what was known before. */
	async keep(tx: InTransaction, row: T): Promise<T | undefined> {
		const known = await this.byId(row.tenantId, row._id, tx);
		const { session } = tx;
		if (!known) await this.model().create([row as never], { session });
		else if (known.sequence < row.sequence || (known.sequence === row.sequence && isFuller(row, known))) {
			const { _id, ...fields } = row;
			await this.model().updateOne({ _id, tenantId: row.tenantId } as never, { $set: fields } as never, { session });
		}
		return known;
	}
}

/** Whether a copy of the same version says more: those of early versions of the product lack what was not kept then. */
function isFuller(row: object, known: object): boolean {
	return Object.entries(row).some(([field, value]) => value !== undefined && !(field in known));
}

/** Everything of other services that tickets show. */
export interface Copies {
	customers: CopiesOf<CustomerCopy>;
	companies: CopiesOf<CompanyCopy>;
	people: CopiesOf<PersonCopy>;
	groups: CopiesOf<GroupCopy>;
	tenants: CopiesOf<TenantCopy>;
}

export function openCopies(store: Store): Copies {
	return {
		customers: new CopiesOf(store, customerCopyModel),
		companies: new CopiesOf(store, companyCopyModel),
		people: new CopiesOf(store, personCopyModel),
		groups: new CopiesOf(store, groupCopyModel),
		tenants: new CopiesOf(store, tenantCopyModel),
	};
}
