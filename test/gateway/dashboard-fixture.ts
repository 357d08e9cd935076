import type { ServiceSchema } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import { streamSince } from "../../contracts/dashboard-stream.ts";
import { forbidden, Problem } from "../../lib/problem.ts";
import { action, callerOf } from "../../mixins/action.ts";

/* A dashboard that knows what tests tell it. */

export interface DashboardState {
	/** rows of the feed; ids are their places from 1 */
	rows: { tenantId: string; text: string }[];
	now: Record<string, unknown>;
	asked: (ParamsOf<typeof streamSince> & { caller: Caller })[];
	/** how the next questions fail */
	fails: "down" | "forbidden" | null;
	/** resolves the questions that wait; null where none shall */
	held: (() => void)[] | null;
	/** the largest number of questions of one caller at a time */
	atOnce: number;
}

export function dashboardState(): DashboardState {
	return {
		rows: [],
		now: { open: 3, byStatus: { new: 1, open: 2 }, at: "x" },
		asked: [],
		fails: null,
		held: null,
		atOnce: 0,
	};
}

export function dashboardFixture(state: DashboardState): ServiceSchema {
	let running = 0;
	return {
		name: "dashboard",
		actions: {
			streamSince: action(streamSince, async (ctx) => {
				const caller = callerOf(ctx);
				const { after, limit } = ctx.params;
				state.asked.push({ ...ctx.params, caller });
				if (state.fails === "down") throw new Problem(503, "unavailable", "Not now.");
				if (state.fails === "forbidden") throw forbidden("Not any more.");
				state.atOnce = Math.max(state.atOnce, ++running);
				if (state.held) await new Promise<void>((resolve) => state.held?.push(resolve));
				running--;
				const start = after === null ? state.rows.length : Number(after);
				const rows = state.rows
					.map((row, index) => ({ ...row, id: String(index + 1) }))
					.slice(start)
					.filter(({ tenantId }) => tenantId === caller.tenant.id);
				const page = rows.slice(0, limit);
				return {
					activity: page.map(({ id, text }) => ({ id, data: { text, by: caller.role } })),
					id: String(rows.length > limit ? (page.at(-1)?.id ?? start) : state.rows.length),
					more: rows.length > limit,
					now: structuredClone(state.now),
					asOf: "2025-01-15T09:00:00.000Z",
				};
			}),
		},
	};
}
