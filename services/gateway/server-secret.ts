import { randomBytes } from "node:crypto";
import type { Store } from "../../mixins/store.ts";
import { type ServiceValueRow, serviceValueModel } from "../../models/outbox.ts";

const ID = "visitorSecret";

/**
 * The secret that visitors' keys are made with: made up once for all gateways, kept with the gateway's documents, and
 * read when it is first needed.
 */
export function serverSecret(store: Store): () => Promise<string> {
	let asked: Promise<string> | null = null;
	const read = async () => {
		const values = store.model(serviceValueModel);
		const $setOnInsert = { text: randomBytes(32).toString("base64") };
		await values.updateOne({ _id: ID }, { $setOnInsert }, { upsert: true });
		const text = (await values.findById(ID).lean<ServiceValueRow>())?.text;
		if (!text) throw new Error("the secret of visitors' keys is not there");
		return text;
	};
	return () => {
		asked ??= read().catch((error: unknown) => {
			asked = null;
			throw error;
		});
		return asked;
	};
}
