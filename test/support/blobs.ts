import { readdir } from "node:fs/promises";
import path from "node:path";
import type { ServiceAdapter } from "../../mixins/adapter.ts";
import { type AttachmentPart, attachmentPartModel } from "../../models/attachment.ts";
import type { Desk } from "./desk.ts";

/** The ids of the files whose contents a tenant has, wherever they are kept. */
export async function blobsOf({ app }: Desk, tenantId: string): Promise<string[]> {
	const { blobFolder } = app.runtime;
	if (blobFolder !== null) return (await readdir(path.join(blobFolder, tenantId)).catch(() => [])).sort();
	const { adapter } = app.broker.getLocalService("tickets") as unknown as { adapter: ServiceAdapter };
	const parts = await adapter.conn.model<AttachmentPart>(attachmentPartModel.name).find({ tenantId }).lean();
	return [...new Set(parts.map(({ attachmentId }) => attachmentId))].sort();
}
