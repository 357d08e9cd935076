import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { defineAction, strict } from "../../contracts/contract.ts";
import { Id } from "../../contracts/fields.ts";
import { Problem } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { type SagaDefinition, Sagas, sagaMixin } from "../../mixins/saga.mixin.ts";
import { commandOf, Store } from "../../mixins/store.ts";
import { sagaModel } from "../../models/saga.ts";
import { startBroker } from "../support/broker.ts";
import { staff, tenant } from "../support/callers.ts";

const start = defineAction({
	name: "host.start",
	access: "customers.write",
	summary: "Start a saga",
	body: strict({ refuse: Type.Boolean() }),
	result: Type.Object({ id: Id }),
});

interface Work {
	refuse: boolean;
	done: string[];
}

function hostService(done: string[], keep: (sagas: Sagas) => void): (runtime: Runtime) => ServiceSchema {
	return (runtime) => {
		const store = new Store(runtime, "host", [sagaModel as never], () => undefined);
		const step = (name: string) => ({
			name,
			run: async () => void done.push(name),
			undo: async () => void done.push(`un${name}`),
		});
		const definition: SagaDefinition<Work> = {
			type: "test.work",
			steps: [
				step("a"),
				step("b"),
				{
					name: "c",
					async run({ state }) {
						if (state.refuse) throw new Problem(422, "no_credit", "There is no credit.");
						done.push("c");
						return { done: ["c"] };
					},
				},
			],
			result: (state) => ({ done: state.done }),
		};
		const sagas = new Sagas(runtime, store, [definition]);
		keep(sagas);
		return {
			name: "host",
			mixins: [sagaMixin(sagas), collectionMixin(store)],
			actions: {
				start: action(start, async (ctx) => {
					const id = await store.commit(commandOf(ctx), (tx) =>
						sagas.begin(tx, definition, { subject: "thing/1", state: { refuse: ctx.params.refuse, done: [] } }),
					);
					sagas.nudge();
					return { id };
				}),
			},
		};
	};
}

async function desk() {
	const done: string[] = [];
	let sagas: Sagas | undefined;
	const broker = await startBroker([
		hostService(done, (made) => {
			sagas = made;
		}),
	]);
	if (!sagas) throw new Error("the host did not start");
	return { ...broker, done, sagas, owner: staff(tenant(), "owner") };
}

test("a saga does its steps in their order", async () => {
	const { call, sagas, done, owner, stop } = await desk();
	const { id } = await call(start, { refuse: false }, owner);
	const view = await sagas.settled(id, 5000);
	expect(view).toMatchObject({ status: "completed", step: null, error: null, result: { done: ["c"] } });
	expect(view.log.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(["a done", "b done", "c done"]);
	expect(done).toEqual(["a", "b", "c"]);
	await stop();
});

test("a refused step takes back what was done, in reverse order", async () => {
	const { call, sagas, done, owner, stop } = await desk();
	const { id } = await call(start, { refuse: true }, owner);
	const view = await sagas.settled(id, 5000);
	expect(view).toMatchObject({ status: "compensated", error: { code: "no_credit", step: "c" } });
	expect(done).toEqual(["a", "b", "unb", "una"]);
	await stop();
});
