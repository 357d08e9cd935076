import type { ActionSchema } from "moleculer";
import type { ClientSession } from "mongoose";
import { systemActor } from "../../contracts/caller.ts";
import type { ResultOf } from "../../contracts/contract.ts";
import { rebuildDashboard } from "../../contracts/dashboard-internal.ts";
import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import type { BatchSubscriber } from "../../mixins/batch-subscriber.ts";
import { type DashboardRebuild, dashboardRebuildModel } from "../../models/dashboard-rebuild.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { everyTenant } from "./every-tenant.ts";
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

/**
 * Makes the read models anew. The log is replayed into documents beside those that serve; then, while no batch of live
 * events runs, the rest of the log is added, and what differs is put in place. A crash while replaying begins anew at the
 * next start, one while replacing goes on from there before any live event is handled. To be run by the process whose
 * subscription consumes the group.
 */
export class Rebuilder {
	private readonly dashboard: Dashboard;
	private readonly subscriber: BatchSubscriber;
	private readonly changed: (tenantIds: Iterable<string>) => void;
	private running: Promise<Outcome> | null = null;
	private stopped = false;

	constructor(dashboard: Dashboard, subscriber: BatchSubscriber, changed: (tenantIds: Iterable<string>) => void) {
		this.dashboard = dashboard;
		this.subscriber = subscriber;
		this.changed = changed;
	}

	/** Rebuilds one tenant, or all. @throws 409 `conflict` while another rebuild runs */
	async run(tenantId: string | null): Promise<Outcome> {
		if (this.running) throw new Problem(409, "conflict", "The read models are being made anew already.");
		this.running = this.rebuild(tenantId).finally(() => {
			this.running = null;
		});
		return this.running;
	}

	/**
	 * To be called before live events are handled: finishes a replacement that was cut short. Returns the rebuild that has
	 * to begin anew afterwards, if there is one.
	 */
	async resume(): Promise<{ tenantId: string | null } | null> {
		const row = await this.rows.findById(ROW).lean<DashboardRebuild>();
		if (!row) return null;
		if (row.phase === "replaying") return { tenantId: row.tenantId };
		const shadow = await Shadow.open(this.dashboard.runtime);
		try {
			await this.replace(shadow, row);
			await this.end(shadow);
		} finally {
			await shadow.close();
		}
		return null;
	}

	/** Ends what runs, soon; it begins anew at the next start. */
	async stop(): Promise<void> {
		this.stopped = true;
		await this.running?.catch(() => undefined);
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

	private async rebuild(tenantId: string | null): Promise<Outcome> {
		await this.note({ tenantId, phase: "replaying", to: 0, without: [] });
		const shadow = await Shadow.open(this.dashboard.runtime);
		try {
			await shadow.empty();
			const replay: Replay = { tenantId, position: 0, events: 0, without: [] };
			await this.replay(shadow, replay);
			// Live events wait from here on, so that the rest of the log is all there is.
			const done = await this.subscriber.exclusive(async () => {
				await this.replay(shadow, replay);
				const { position: to, without } = replay;
				const outcome = await this.replace(shadow, await this.note({ tenantId, phase: "replacing", to, without }));
				await this.end(shadow);
				return outcome;
			});
			return { events: replay.events, skipped: replay.without.length, ...done };
		} finally {
			await shadow.close();
		}
	}

	/** Adds what the log has beyond the place that was reached. */
	private async replay(shadow: Shadow, replay: Replay): Promise<void> {
		const { events: log } = this.dashboard.runtime;
		const only = replay.tenantId === null ? {} : { tenantId: replay.tenantId };
		for (;;) {
			if (this.stopped) throw new Error("the service stops; the rebuild begins anew at the next start");
			const page = await log.read({ after: replay.position, types: EVENT_TYPES, limit: PAGE, ...only });
			const last = page.at(-1);
			if (!last) return;
			replay.without.push(...(await shadow.add(page)));
			replay.position = last.position;
			replay.events += page.length;
		}
	}

	private async replace(shadow: Shadow, { tenantId, to, without }: DashboardRebuild) {
		const tenants = tenantId === null ? await this.tenantsOf(shadow) : [tenantId];
		const sum = { replaced: 0, removed: 0 };
		for (const one of tenants) {
			const { replaced, removed } = await replaceTenant({
				tenantId: one,
				live: this.live,
				shadow: shadow.tables,
				to,
				without,
				transact: (work) => this.transact(one, work),
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

	private transact<R>(tenantId: string, work: (session: ClientSession) => Promise<R>): Promise<R> {
		const command = { tenantId, actor: systemActor("dashboard"), correlationId: newId(), causationId: null, id: null };
		return this.dashboard.store.commit(command, (tx) => work(tx.session));
	}

	private async end(shadow: Shadow): Promise<void> {
		await this.rows.deleteOne({ _id: ROW });
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
