import { LRUCache } from "lru-cache";
import type { Model as MongooseModel } from "mongoose";
import { type InTransaction, VersionConflict } from "../../../mixins/repository.ts";
import type { Store } from "../../../mixins/store.ts";
import { type SlaPolicy, type SlaTerms, slaTermsModel } from "../../../models/sla-policy.ts";
import { compileCalendar } from "./business-time.ts";
import type { CalendarSpec } from "./calendar-days.ts";
import type { BusinessTime } from "./opening-table.ts";
import type { Terms } from "./promise-calculation.ts";

/** The hours that a policy goes by: those of one version of a calendar, or no hours at all. */
export interface Hours {
	id: string;
	version: number;
	spec: CalendarSpec | "always";
}

/** The four things that tell terms apart, as audit rows name them. */
export type TermsReference = Pick<SlaTerms, "policyId" | "policyVersion" | "calendarId" | "calendarVersion">;

export const termsIdOf = ({ policyId, policyVersion, calendarId, calendarVersion }: TermsReference) =>
	`${policyId}.${policyVersion}.${calendarId}.${calendarVersion}`;

/** Terms as an audit row names them. */
export function referenceOf({ id, policyId, policyVersion, calendarId }: Terms): TermsReference {
	return { policyId, policyVersion, calendarId, calendarVersion: Number(id.slice(id.lastIndexOf(".") + 1)) };
}

/** How many are kept ready in a process. */
const KEPT = 1000;

/** The terms that tickets go by or went by. They never change, so a process reads each of them once. */
export class TermsBook {
	private readonly store: Store;
	private readonly terms = new LRUCache<string, Terms>({ max: KEPT });
	private readonly times = new LRUCache<string, BusinessTime>({ max: KEPT });

	constructor(store: Store) {
		this.store = store;
	}

	private get rows(): MongooseModel<SlaTerms> {
		return this.store.model(slaTermsModel);
	}

	/** The business time of a calendar's version, compiled once. */
	timeOf({ id, version, spec }: Hours): BusinessTime {
		const key = `${id} ${version}`;
		const known = this.times.get(key);
		if (known) return known;
		const made = compileCalendar(spec);
		this.times.set(key, made);
		return made;
	}

	private made(row: SlaTerms): Terms {
		const { hours, ...content } = JSON.parse(row.content);
		const { _id, policyId, policyVersion, policyName, calendarId, calendarVersion } = row;
		const time = this.timeOf({ id: calendarId, version: calendarVersion, spec: hours });
		return { id: _id, policyId, policyVersion, policyName, calendarId, ...content, time };
	}

	/** The terms of a tenant with these ids, by id. */
	async byIds(tenantId: string, ids: Iterable<string | null>, tx?: InTransaction): Promise<Map<string, Terms>> {
		const found = new Map<string, Terms>();
		const missing: string[] = [];
		for (const id of new Set(ids)) {
			if (id === null) continue;
			const known = this.terms.get(`${tenantId} ${id}`);
			if (known) found.set(id, known);
			else missing.push(id);
		}
		if (missing.length === 0) return found;
		const rows = await this.rows
			.find({ tenantId, _id: { $in: missing } })
			.session(tx?.session ?? null)
			.lean<SlaTerms[]>();
		for (const row of rows) {
			const made = this.made(row);
			this.terms.set(`${tenantId} ${row._id}`, made);
			found.set(row._id, made);
		}
		return found;
	}

	async byId(tenantId: string, id: string | null, tx?: InTransaction): Promise<Terms | null> {
		return id === null ? null : ((await this.byIds(tenantId, [id], tx)).get(id) ?? null);
	}

	/** The terms of a policy with these hours, written down where they are new. */
	async keep(tx: InTransaction, policy: SlaPolicy, hours: Hours): Promise<Terms> {
		const { tenantId, _id: policyId, version: policyVersion, name: policyName, targets, pauseOn, atRisk } = policy;
		const reference = { policyId, policyVersion, calendarId: hours.id, calendarVersion: hours.version };
		const _id = termsIdOf(reference);
		const known = await this.byId(tenantId, _id, tx);
		if (known) return known;
		const content = JSON.stringify({ targets, pauseOn, atRisk, hours: hours.spec });
		const row: SlaTerms = { _id, tenantId, policyName, ...reference, content };
		try {
			await this.rows.create([row], { session: tx.session });
		} catch (error) {
			if ((error as { code?: unknown }).code !== 11000) throw error;
			throw new VersionConflict(`somebody else wrote the terms ${_id} meanwhile`);
		}
		// Not kept ready yet: nobody knows whether it will be committed.
		return this.made(row);
	}
}
