import { isDeepStrictEqual } from "node:util";
import type { ClientSession } from "mongoose";
import { dashboardActivityModel } from "../../../models/dashboard-activity.ts";
import { dashboardTenantModel } from "../../../models/dashboard-tenant.ts";
import type { Model } from "../../../models/model.ts";
import type { TenantFacts } from "../facts.ts";
import { type Fact, KINDS } from "./kinds.ts";
import { unknownTenant } from "./people-facts.ts";
import { replaceAll, type Tables } from "./projector.ts";

/** Documents compared at a time, each time in a transaction of its own. */
const PAGE = 200;

/** What is known, without the bookkeeping. */
function known({ rev: _rev, ...facts }: Fact): object {
	return facts;
}

const knownOfTenant = ({
	rev: _rev,
	generation: _generation,
	rebuiltTo: _to,
	rebuiltWithout: _w,
	...facts
}: TenantFacts) => facts;

export interface Replacement {
	tenantId: string;
	live: Tables;
	shadow: Tables;
	/** the place in the log up to which the shadow knows everything, but for some events */
	to: number;
	without: readonly string[];
	/** runs some writes to the live documents in one transaction */
	transact<R>(work: (session: ClientSession) => Promise<R>): Promise<R>;
}

/**
 * Puts a tenant's new documents in the place of those that serve, and tells how many differed or were too many. What is
 * the same stays untouched, `rev` included, so that nobody is sent it again. May be repeated after a crash in the middle.
 * Nothing else may write the tenant's facts meanwhile.
 */
export async function replaceTenant(task: Replacement): Promise<{ replaced: number; removed: number }> {
	const { rev: head } = await tenantRow(task.live, task.tenantId);
	const { rev: found } = await tenantRow(task.shadow, task.tenantId);
	if (head === 0 && found === 0) return { replaced: 0, removed: 0 };
	let replaced = 0;
	let removed = 0;
	let gone = false;
	for (const { model } of KINDS) {
		replaced += await bringOver(task, model);
		const count = await removeSurplus(task, model, head);
		removed += count;
		gone ||= count > 0 && model.name !== dashboardActivityModel.name;
	}
	await finish(task, gone);
	return { replaced, removed };
}

async function tenantRow(tables: Tables, tenantId: string, session: ClientSession | null = null): Promise<TenantFacts> {
	const row = await tables(dashboardTenantModel).findById(tenantId).session(session).lean<TenantFacts>();
	return row ?? unknownTenant(tenantId);
}

function pageOf(tables: Tables, model: Model<Fact>, tenantId: string, after: number, upTo = Number.MAX_SAFE_INTEGER) {
	return tables(model)
		.find({ tenantId, rev: { $gt: after, $lte: upTo } } as never)
		.sort({ rev: 1 })
		.limit(PAGE)
		.lean<Fact[]>();
}

async function bringOver(task: Replacement, model: Model<Fact>): Promise<number> {
	const { live, shadow, tenantId, transact } = task;
	let count = 0;
	for (let after = 0; ; ) {
		const page = await pageOf(shadow, model, tenantId, after);
		const last = page.at(-1);
		if (!last) return count;
		after = last.rev;
		count += await transact((session) => replaceDifferent(live, model, tenantId, page, session));
	}
}

async function replaceDifferent(
	live: Tables,
	model: Model<Fact>,
	tenantId: string,
	page: readonly Fact[],
	session: ClientSession,
): Promise<number> {
	const found = await live(model)
		.find({ _id: { $in: page.map((row) => row._id) } } as never)
		.session(session)
		.lean<Fact[]>();
	const serving = new Map(found.map((row) => [row._id, row]));
	const different = page.filter((row) => {
		const before = serving.get(row._id);
		return !before || !isDeepStrictEqual(known(before), known(row));
	});
	if (different.length === 0) return 0;
	const tenant = await tenantRow(live, tenantId, session);
	const rows = different.map((row, index) => ({ ...row, rev: tenant.rev + 1 + index }));
	await replaceAll(live(model), rows, session);
	await replaceAll(live(dashboardTenantModel), [{ ...tenant, rev: tenant.rev + rows.length }], session);
	return rows.length;
}

/** Removes documents that served before the replacement and are not among the new ones. */
async function removeSurplus(task: Replacement, model: Model<Fact>, head: number): Promise<number> {
	const { live, shadow, tenantId, transact } = task;
	let count = 0;
	for (let after = 0; ; ) {
		const page = await pageOf(live, model, tenantId, after, head);
		const last = page.at(-1);
		if (!last) return count;
		after = last.rev;
		const ids = page.map((row) => row._id);
		const kept = await shadow(model)
			.find({ _id: { $in: ids } } as never)
			.select("_id")
			.lean<Fact[]>();
		const wanted = new Set(kept.map((row) => row._id));
		const surplus = ids.filter((id) => !wanted.has(id));
		if (surplus.length === 0) continue;
		count += surplus.length;
		await transact((session) => live(model).deleteMany({ _id: { $in: surplus } } as never, { session }));
	}
}

/** Notes on the tenant's row that its facts now include the log up to `to`. */
async function finish({ live, shadow, tenantId, to, without, transact }: Replacement, gone: boolean): Promise<void> {
	const fresh = await tenantRow(shadow, tenantId);
	await transact(async (session) => {
		const before = await tenantRow(live, tenantId, session);
		const next = {
			...before,
			...knownOfTenant(fresh),
			generation: before.generation + (gone ? 1 : 0),
			rebuiltTo: to,
			rebuiltWithout: [...without],
		};
		await replaceAll(live(dashboardTenantModel), [next], session);
	});
}
