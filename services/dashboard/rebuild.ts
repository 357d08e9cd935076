import type { ActionSchema } from "moleculer";
import type { ClientSession } from "mongoose";
import { systemActor } from "../../contracts/caller.ts";
import type { ResultOf } from "../../contracts/contract.ts";
import { rebuildDashboard } from "../../contracts/dashboard-internal.ts";
import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import type { BatchSubscriber } from "../../mixins/batch-subscriber.ts";
import type { Lease } from "../../mixins/lease.ts";
import { type DashboardRebuild, dashboardRebuildModel } from "../../models/dashboard-rebuild.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { everyTenant } from "./every-tenant.ts";
import type { Fence } from "./fence.ts";
import { EVENT_TYPES } from "./projection/kinds.ts";
import type { Tables } from "./projection/projector.ts";
import { replaceTenant } from "./projection/replace.ts";
import { Shadow } from "./projection/shadow.ts";

/** Events that are read, folded and written at a time. */
const PAGE = 500;

const ROW = "rebuild";

type Outcome = ResultOf<typeof rebuildDashboard>;

/** What has been read of the log so far. */
interface Replay {
	tenantId: string | null;
	position: number;
	events: number;
	without: string[];
}

/** The lease of whoever rebuilds, and how long it outlasts a process that was killed, ms. */
const LEASE = "rebuild";
const LEASE_MS = 15_000;
/** How often a process looks for a rebuild that another one left behind, ms. */
const LOOK_EVERY_MS = 5000;

export interface RebuilderParts {
	subscriber: BatchSubscriber;
	fence: Fence;
	onError(error: unknown): void;
}

/**
 * Makes the read models anew, in one process of the service at a time. The log is replayed into documents beside those
 * that serve; then, while no process folds a batch of live events, the rest of the log is added, and what differs is put
 * in place. What a crash leaves behind is taken up by whoever is there: a replay begins anew, a replacement goes on from
 * where it was, and live events wait for it.
 */
export class Rebuilder {
	private readonly dashboard: Dashboard;
	private readonly parts: RebuilderParts;
	private readonly changed: (tenantIds: Iterable<string>) => void;
	private running: Promise<unknown> | null = null;
	private watch: NodeJS.Timeout | undefined;
	private stopped = false;

	constructor(dashboard: Dashboard, parts: RebuilderParts, changed: (tenantIds: Iterable<string>) => void) {
		this.dashboard = dashboard;
		this.parts = parts;
		this.changed = changed;
	}

	/**
	 * Takes up what an earlier process left behind, now and from time to time. Resolves when a replacement that was cut
	 * short is done, where nobody else is at it.
	 */
	async start(): Promise<void> {
		await this.resume();
		this.watch = setInterval(() => void this.resume().catch(this.parts.onError), LOOK_EVERY_MS).unref();
	}

	/** Rebuilds one tenant, or all. @throws 409 `conflict` while another rebuild runs */
	async run(tenantId: string | null): Promise<Outcome> {
		const done = await this.alone((lease) => this.rebuild(tenantId, lease));
		if (!done.taken) throw new Problem(409, "conflict", "The read models are being made anew already.");
		return done.result;
	}

	/** Ends what runs, soon; it begins anew at the next start. */
	async stop(): Promise<void> {
		this.stopped = true;
		clearInterval(this.watch);
		await this.running?.catch(() => undefined);
	}

	private async alone<R>(work: (lease: Lease) => Promise<R>) {
		if (this.running) return { taken: false } as const;
		const running = this.dashboard.store.withLease(LEASE, LEASE_MS, work);
		this.running = running.catch(() => undefined);
		try {
			return await running;
		} finally {
			this.running = null;
		}
	}

	private async resume(): Promise<void> {
		const { fence, onError } = this.parts;
		if (this.stopped || this.running) return;
		if (!(await this.rows.findById(ROW).lean()) && !(await fence.isClosed())) return;
		const left = await this.alone(async (lease) => {
			const row = await this.rows.findById(ROW).lean<DashboardRebuild>();
			if (row?.phase === "replacing") await this.goOn(row, lease);
			else if (!row) await fence.open();
			return row;
		});
		if (!left.taken || left.result?.phase !== "replaying") return;
		// In the background: it takes as long as the log is, and what serves is whole meanwhile.
		void this.run(left.result.tenantId).catch(onError);
	}

	private async goOn(row: DashboardRebuild, lease: Lease): Promise<void> {
		const shadow = await Shadow.open(this.dashboard.runtime);
		try {
			await this.parts.fence.close();
			await this.replace(shadow, row, lease);
			await this.end(shadow);
		} finally {
			await shadow.close();
		}
	}

	private get rows() {
		return this.dashboard.store.model(dashboardRebuildModel);
	}

	private get live(): Tables {
		return (model) => this.dashboard.store.model(model);
	}

	private async note(row: Omit<DashboardRebuild, "_id">): Promise<DashboardRebuild> {
		const noted = { _id: ROW, ...row };
		await this.rows.replaceOne({ _id: ROW }, noted, { upsert: true });
		return noted;
	}

	private async rebuild(tenantId: string | null, lease: Lease): Promise<Outcome> {
		await this.note({ tenantId, phase: "replaying", to: 0, without: [] });
		await this.parts.fence.open();
		const shadow = await Shadow.open(this.dashboard.runtime);
		try {
			await shadow.empty();
			const replay: Replay = { tenantId, position: 0, events: 0, without: [] };
			await this.replay(shadow, replay, lease);
			const done = await this.parts.subscriber.exclusive(() => this.finish(shadow, replay, lease));
			return { events: replay.events, skipped: replay.without.length, ...done };
		} finally {
			await shadow.close();
		}
	}

	/** Live events wait from here on, so that the rest of the log is all there is. */
	private async finish(shadow: Shadow, replay: Replay, lease: Lease) {
		const { tenantId } = replay;
		await this.parts.fence.close();
		try {
			await this.replay(shadow, replay, lease);
		} catch (error) {
			await this.parts.fence.open();
			throw error;
		}
		const { position: to, without } = replay;
		const outcome = await this.replace(shadow, await this.note({ tenantId, phase: "replacing", to, without }), lease);
		await this.end(shadow);
		return outcome;
	}

	/** Adds what the log has beyond the place that was reached, at the least all that is in it at the call. */
	private async replay(shadow: Shadow, replay: Replay, lease: Lease): Promise<void> {
		const { events: log } = this.dashboard.runtime;
		const only = replay.tenantId === null ? {} : { tenantId: replay.tenantId };
		for (;;) {
			if (this.stopped) throw new Error("the service stops; the rebuild begins anew at the next start");
			lease.signal.throwIfAborted();
			const page = await log.read({ after: replay.position, types: EVENT_TYPES, limit: PAGE, ...only });
			const last = page.at(-1);
			if (last) {
				replay.without.push(...(await shadow.add(page)));
				replay.position = last.position;
				replay.events += page.length;
			}
			// The end of the log as it was when it was asked: others may append as fast as this reads.
			if (page.length < PAGE) return;
		}
	}

	private async replace(shadow: Shadow, { tenantId, to, without }: DashboardRebuild, lease: Lease) {
		const tenants = tenantId === null ? await this.tenantsOf(shadow) : [tenantId];
		const sum = { replaced: 0, removed: 0 };
		for (const one of tenants) {
			const { replaced, removed } = await replaceTenant({
				tenantId: one,
				live: this.live,
				shadow: shadow.tables,
				to,
				without,
				transact: (work) => this.transact(one, work, lease),
			});
			sum.replaced += replaced;
			sum.removed += removed;
		}
		this.changed(tenants);
		return sum;
	}

	private async tenantsOf(shadow: Shadow): Promise<string[]> {
		const ids = new Set<string>();
		for (const tables of [this.live, shadow.tables]) for await (const { _id } of everyTenant(tables)) ids.add(_id);
		return [...ids];
	}

	/** Nothing is replaced by a process that others have taken for dead, and whose work another one does by now. */
	private transact<R>(tenantId: string, work: (session: ClientSession) => Promise<R>, lease: Lease): Promise<R> {
		const command = { tenantId, actor: systemActor("dashboard"), correlationId: newId(), causationId: null, id: null };
		return this.dashboard.store.commit(command, async (tx) => {
			await lease.guard(tx);
			return work(tx.session);
		});
	}

	private async end(shadow: Shadow): Promise<void> {
		// In this order: a replacement that is noted as not done would be done again, over newer documents.
		await this.rows.deleteOne({ _id: ROW });
		await this.parts.fence.open();
		await shadow.empty();
	}
}

export function rebuildActions(rebuilder: Rebuilder): Record<string, ActionSchema> {
	// As long as it takes: nobody waits for it but who asked.
	const unlimited: object = { timeout: 0 };
	return {
		rebuild: { ...action(rebuildDashboard, ({ params }) => rebuilder.run(params.tenantId ?? null)), ...unlimited },
	};
}
