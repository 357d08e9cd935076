import { tenantOffboarded } from "../../contracts/identity-events.ts";
import {
	countPartitionOf,
	dropExportOf,
	EXPORTING,
	exportPartitionOf,
	PARTITIONED,
	purgePartitionOf,
} from "../../contracts/tenant-partition.ts";
import { Problem } from "../../lib/problem.ts";
import { askAgainAt, isAway } from "../../mixins/away.ts";
import type { SagaDefinition, SagaRun, SagaStep, StepResult } from "../../mixins/saga-definition.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Offboarding, OffboardingCertificate, PartitionCounts, Tenant } from "../../models/tenant.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { stays } from "./offboarding-rules.ts";
import { tenantData } from "./views.ts";

/** How many parts of a tenant's export are written, and how many chunks of it removed, before the saga is saved. */
const PARTS_AT_ONCE = 8;
const CHUNKS_AT_ONCE = 20;

/** How often is looked again whether nothing is left. Events that were under way may have brought something back. */
const LOOKS = 10;
const LOOK_AGAIN_MS = 1000;

type Exports = Offboarding["exports"];

export interface OffboardingState {
	requestedAt: string;
	/** writes that were under way when the tenant became read-only are over then */
	quietAt: string;
	purgeAfter: string;
	exports: Exports;
	/** what there was before anything was removed */
	counted: PartitionCounts | null;
	/** how many services have removed everything */
	purged: number;
	looks: number;
	certificate: OffboardingCertificate | null;
}

type Run = SagaRun<OffboardingState>;
type Result = StepResult<OffboardingState>;

/** Asks a service that may be away: then it is asked again later, for as long as it takes. */
async function orLater(run: Run, work: () => Promise<Result>): Promise<Result> {
	try {
		return await work();
	} catch (error) {
		if (isAway(error)) return { again: true, notBefore: askAgainAt(run.now) };
		throw error;
	}
}

/** The end of this tenant, as it is now. Throws 409 where it was cancelled. */
async function current(
	{ tenants }: Identity,
	run: Run,
	tx?: Transaction,
): Promise<Tenant & { offboarding: Offboarding }> {
	const tenant = await tenants.get(TENANTS, run.tenantId, tx);
	if (tenant?.offboarding?.sagaId !== run.id)
		throw new Problem(409, "offboarding_cancelled", "The tenant stays: its off-boarding was cancelled.");
	return { ...tenant, offboarding: tenant.offboarding };
}

/** Writes how far the exports are, where the tenant's owner can see it. */
async function tellExports(identity: Identity, run: Run, exports: Exports): Promise<void> {
	await run.commit(async (tx) => {
		const before = await current(identity, run, tx);
		await identity.tenants.update(tx, before, { ...before, offboarding: { ...before.offboarding, exports } });
	});
}

async function exportSome(identity: Identity, run: Run): Promise<Result> {
	await current(identity, run);
	const ids = { tenantId: run.tenantId, sagaId: run.id };
	const exports = { ...run.state.exports };
	const write = async (service: (typeof EXPORTING)[number]) => {
		for (let part = 0; part < PARTS_AT_ONCE; part++) {
			const { done, entities, bytes, sha256 } = await run.call(exportPartitionOf(service), ids, `${service} ${part}`);
			exports[service] = { entities, bytes, sha256 };
			if (done) return;
		}
	};
	await Promise.all(EXPORTING.filter((service) => !exports[service]?.sha256).map(write));
	const done = EXPORTING.every((service) => exports[service]?.sha256);
	if (done) await tellExports(identity, run, exports);
	return { exports, again: !done };
}

async function dropSome(run: Run): Promise<Result> {
	const ids = { tenantId: run.tenantId, sagaId: run.id };
	let again = false;
	for (const service of EXPORTING) {
		const { more } = await run.call(dropExportOf(service), ids, service);
		again ||= more;
	}
	return { again };
}

async function countAll(run: Run): Promise<PartitionCounts> {
	const counts: PartitionCounts = {};
	const ids = { tenantId: run.tenantId, sagaId: run.id };
	for (const service of PARTITIONED) counts[service] = (await run.call(countPartitionOf(service), ids, service)).counts;
	return counts;
}

/** After this the tenant is gone: nobody gets in any more, and the next step begins to remove. */
async function endGrace(identity: Identity, run: Run): Promise<void> {
	await run.commit(async (tx) => {
		const before = await current(identity, run, tx);
		const offboarding = { ...before.offboarding, purgingAt: before.offboarding.purgingAt ?? tx.now };
		await identity.tenants.update(tx, before, { ...before, offboarding });
	});
}

/** Removes some of one service's documents; whether there may be more. */
async function purgeSome(run: Run, service: (typeof PARTITIONED)[number]): Promise<boolean> {
	const ids = { tenantId: run.tenantId, sagaId: run.id };
	for (let chunk = 0; chunk < CHUNKS_AT_ONCE; chunk++) {
		const { more } = await run.call(purgePartitionOf(service), ids, `${service} ${chunk}`);
		if (!more) return false;
	}
	return true;
}

async function purgeNext(run: Run): Promise<Result> {
	const service = PARTITIONED[run.state.purged];
	if (!service) return { again: false };
	const more = await purgeSome(run, service);
	return { purged: run.state.purged + (more ? 0 : 1), again: true };
}

const servicesWith = (counts: PartitionCounts) =>
	PARTITIONED.filter((service) => Object.values(counts[service] ?? {}).some((count) => count > 0));

/** Looks whether nothing is left; what came back is removed once more. */
async function verify(identity: Identity, run: Run): Promise<Result> {
	const { requestedAt, exports, counted } = run.state;
	await identity.runtime.events.forget(run.tenantId);
	const left = await countAll(run);
	const remaining = servicesWith(left);
	if (remaining.length > 0) {
		if (run.state.looks === LOOKS) throw new Error(`something of the tenant is left in ${remaining.join(", ")}`);
		for (const service of remaining) await purgeSome(run, service);
		return { looks: run.state.looks + 1, again: true, notBefore: new Date(run.now.getTime() + LOOK_AGAIN_MS) };
	}
	const exported = Object.entries(exports).map(([service, { sha256, ...sizes }]) => ({
		service,
		...sizes,
		sha256: sha256 ?? "",
	}));
	const { tenantId, id: sagaId } = run;
	const completedAt = run.now.toISOString();
	return {
		certificate: { tenantId, sagaId, requestedAt, completedAt, removed: counted ?? {}, left, exports: exported },
	};
}

async function certify(identity: Identity, run: Run): Promise<Result> {
	await run.commit(async (tx) => {
		const before = await current(identity, run, tx);
		const offboarding: Offboarding = { ...before.offboarding, certificate: run.state.certificate, exports: {} };
		const after = await identity.tenants.update(tx, before, { ...before, status: "offboarded", offboarding });
		await tx.emit(tenantOffboarded, after, tenantData(after));
	});
	return { exports: {}, counted: null };
}

function stepsBeforePivot(identity: Identity, changed: (tenantId: string) => void): SagaStep<OffboardingState>[] {
	return [
		{
			name: "quiet",
			async run(run) {
				const quietAt = new Date(run.state.quietAt);
				if (run.now < quietAt) return { again: true, notBefore: quietAt };
				await current(identity, run);
			},
			async undo(run) {
				await run.commit((tx) => stays(identity, tx, run.tenantId, run.id));
				changed(run.tenantId);
			},
		},
		{
			name: "export",
			run: (run) => orLater(run, () => exportSome(identity, run)),
			undo: (run) => orLater(run, () => dropSome(run)),
		},
		{
			name: "grace",
			async run(run) {
				await current(identity, run);
				const purgeAfter = new Date(run.state.purgeAfter);
				if (run.now < purgeAfter) return { again: true, notBefore: purgeAfter };
				return orLater(run, async () => ({ counted: await countAll(run) }));
			},
		},
	];
}

/**
 * The end of a tenant, which the command that begins it has made read-only: everything is exported, and after its grace,
 * during which it can be cancelled, everything is removed, looked for once more, and certified.
 */
export function offboardingSaga(
	identity: Identity,
	changed: (tenantId: string) => void,
): SagaDefinition<OffboardingState> {
	return {
		type: "tenant.offboard",
		result: ({ purgeAfter, certificate }) => ({ purgeAfter, certificate }),
		steps: [
			...stepsBeforePivot(identity, changed),
			{
				name: "end of grace",
				pivot: true,
				async run(run) {
					await endGrace(identity, run);
					changed(run.tenantId);
				},
			},
			{ name: "purge", run: (run) => orLater(run, () => purgeNext(run)) },
			{ name: "verify", run: (run) => orLater(run, () => verify(identity, run)) },
			{
				name: "certify",
				async run(run) {
					const result = await certify(identity, run);
					changed(run.tenantId);
					return result;
				},
			},
		],
	};
}
