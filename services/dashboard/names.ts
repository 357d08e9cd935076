import type { TenantCaller } from "../../contracts/caller.ts";
import { dashboardGroupModel, dashboardPersonModel, type PersonFacts } from "../../models/dashboard-person.ts";
import type { Model } from "../../models/model.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { namesHidden } from "./scope.ts";

type Names = (id: string | null) => string | null;

/** How many are asked for at a time. */
const CHUNK = 500;

interface Named {
	_id: string;
	tenantId: string;
	name: string;
}

async function namesOf<T extends Named>(
	{ store }: Dashboard,
	model: Model<T>,
	tenantId: string,
	ids: readonly (string | null)[],
): Promise<Names> {
	const wanted = [...new Set(ids.filter((id) => id !== null))];
	const names = new Map<string, string>();
	for (let next = 0; next < wanted.length; next += CHUNK) {
		const _id = { $in: wanted.slice(next, next + CHUNK) };
		const found = await store
			.model(model)
			.find({ tenantId, _id } as never)
			.lean<Named[]>();
		for (const { _id: id, name } of found) names.set(id, name);
	}
	return (id) => (id === null ? null : names.get(id) || null);
}

/** The names of groups by id; null where there is none. */
export function groupNames(dashboard: Dashboard, caller: TenantCaller, ids: readonly (string | null)[]) {
	return namesOf(dashboard, dashboardGroupModel, caller.tenant.id, ids);
}

/** The names of people of staff by id, for those who may see them; null for others. */
export async function personNames(
	dashboard: Dashboard,
	caller: TenantCaller,
	ids: readonly (string | null)[],
): Promise<Names> {
	return namesHidden(caller) ? () => null : namesOf(dashboard, dashboardPersonModel, caller.tenant.id, ids);
}

/** Everybody of staff that the dashboard has heard of. */
export async function peopleOf({ store }: Dashboard, tenantId: string): Promise<PersonFacts[]> {
	return store
		.model(dashboardPersonModel)
		.find({ tenantId, rev: { $gt: 0 } })
		.sort({ rev: 1 })
		.lean<PersonFacts[]>();
}
