import type { Static } from "typebox";
import type { PersonView } from "../../contracts/identity-internal.ts";
import { handOverArticles, releaseTickets } from "../../contracts/user-deactivation.ts";
import { askAgainAt, isAway } from "../../mixins/away.ts";
import type { SagaDefinition, SagaRun, StepResult } from "../../mixins/saga-definition.ts";
import type { Identity } from "./identity-store.ts";

export interface Deactivation {
	person: Static<typeof PersonView>;
	/** who gets the articles */
	heirId: string;
	released: number;
	handedOver: number;
}

type Run = SagaRun<Deactivation>;
type Result = StepResult<Deactivation>;

/** Asks a service for the next part, or later where it is away. */
async function inParts(run: Run, part: () => Promise<Result>): Promise<Result> {
	try {
		return await part();
	} catch (error) {
		if (isAway(error)) return { again: true, notBefore: askAgainAt(run.now) };
		throw error;
	}
}

async function releaseSome(run: Run): Promise<Result> {
	const { person, released } = run.state;
	const answer = await run.call(releaseTickets, { tenantId: run.tenantId, person });
	return { released: released + answer.released, again: answer.more };
}

/** Whoever was let in again keeps their articles, and an heir who has left meanwhile gets none. */
async function handOverSome({ users }: Identity, run: Run): Promise<Result> {
	const { person, heirId, handedOver } = run.state;
	const scope = { tenantId: run.tenantId };
	const [leaving, chosen] = await Promise.all([users.get(scope, person.id), users.get(scope, heirId)]);
	if (leaving?.status !== "deactivated") return { again: false };
	const owners = await users.find(scope, { role: "owner", status: "active" }, { limit: 1 });
	const heir = chosen?.status === "active" ? chosen : owners[0];
	if (!heir || heir._id === person.id) return { again: false };
	const { _id: id, name, version } = heir;
	const params = { tenantId: run.tenantId, ownerId: person.id, heir: { id, name, version } };
	const answer = await run.call(handOverArticles, params);
	return { handedOver: handedOver + answer.handedOver, again: answer.more };
}

/**
 * What follows when somebody is deactivated. The command itself has ended their sessions and tokens and keeps them out,
 * which nothing takes back: from there on there is only forward.
 */
export function deactivationSaga(identity: Identity): SagaDefinition<Deactivation> {
	return {
		type: "user.deactivate",
		result: ({ person, heirId, released, handedOver }) => ({ userId: person.id, heirId, released, handedOver }),
		steps: [
			{ name: "credentials", pivot: true, run: async () => undefined },
			{ name: "tickets", run: (run) => inParts(run, () => releaseSome(run)) },
			{ name: "articles", run: (run) => inParts(run, () => handOverSome(identity, run)) },
		],
	};
}
