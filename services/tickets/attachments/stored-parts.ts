import type { Blobs } from "../../../mixins/blobs.ts";
import type { Store } from "../../../mixins/store.ts";
import { attachmentPartModel } from "../../../models/attachment.ts";

const partId = (id: string, part: number) => `${id} ${part}`;

/**
 * Contents among the service's documents, for where no folder is shared by all processes. A tenant's end removes them
 * with all other documents of the tenant.
 */
export class StoredParts implements Blobs {
	private readonly store: Store;

	constructor(store: Store) {
		this.store = store;
	}

	private get rows() {
		return this.store.model(attachmentPartModel);
	}

	async write(tenantId: string, attachmentId: string, part: number, data: Buffer): Promise<void> {
		const _id = partId(attachmentId, part);
		await this.rows.updateOne({ _id }, { $set: { tenantId, attachmentId, part, data } }, { upsert: true });
	}

	async read(tenantId: string, attachmentId: string, part: number): Promise<Buffer> {
		const row = await this.rows.findOne({ _id: partId(attachmentId, part), tenantId });
		return row?.data ?? Buffer.alloc(0);
	}

	async remove(tenantId: string, attachmentId: string): Promise<void> {
		await this.rows.deleteMany({ tenantId, attachmentId });
	}

	async removeAll(): Promise<void> {}

	async count(): Promise<number> {
		return 0;
	}
}
