import { newId } from "../../lib/ids.ts";
import type { Migration } from "../../mixins/migrations.ts";
import { LEARN, learningOf } from "./learn-soon.ts";

/** How the sequences that number tickets are named, each with its tenant's id. */
const SEQUENCE = /^tickets:(.+)$/;

/** The tenants that have tickets, by the sequences that number them. */
export function tenantsOf(serviceValues: readonly { _id: string }[]): string[] {
	return serviceValues.map(({ _id }) => SEQUENCE.exec(_id)?.[1]).filter((id) => id !== undefined);
}

/** What has changed in the documents of the tickets service. */
export const TICKET_MIGRATIONS: readonly Migration[] = [
	{
		version: 1,
		name: "what identity says of each tenant is asked for, and the tickets that are there follow its settings",
		async up({ connection }) {
			const values = connection.db?.collection<{ _id: string }>("service_values");
			const timers = connection.db?.collection<{ _id: string }>("timers");
			if (!values || !timers) throw new Error("a migration needs an open connection");
			const known = await values.find({ _id: { $gte: "tickets:", $lt: "tickets;" } }).toArray();
			// Due at once, whatever the clock says.
			const now = new Date(0);
			for (const tenantId of tenantsOf(known)) {
				const { subjectId, kind } = learningOf(tenantId);
				const row = {
					tenantId,
					subjectId,
					kind,
					key: "",
					dueAt: now,
					takeAt: now,
					stamp: newId(),
					failures: 0,
					data: "{}",
				};
				const _id = `${tenantId} ${subjectId} ${LEARN}`;
				await timers.updateOne({ _id }, { $setOnInsert: row }, { upsert: true });
			}
		},
	},
];
