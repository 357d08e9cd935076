import type { SagaViewShape } from "../../contracts/sagas.ts";
import { Problem } from "../../lib/problem.ts";
import { type SagaDefinition, Sagas } from "../../mixins/saga.mixin.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Customer } from "../../models/customer.ts";
import type { Customers } from "./customers-store.ts";
import { type Erasing, erasureSaga } from "./erasure/erasure-saga.ts";
import { type Following, followSaga } from "./merge/follow-saga.ts";
import { type Merging, mergeSaga } from "./merge/merge-saga.ts";
import { type Unmerging, unmergeSaga } from "./merge/unmerge-saga.ts";

/** The sagas of customers: what is done to somebody in every service that knows them. */
export class CustomerSagas {
	readonly runner: Sagas;
	readonly merging: SagaDefinition<Merging>;
	readonly unmerging: SagaDefinition<Unmerging>;
	readonly erasing: SagaDefinition<Erasing>;
	private readonly following: SagaDefinition<Following>;

	constructor(customers: Customers) {
		this.merging = mergeSaga(customers);
		this.unmerging = unmergeSaga(customers);
		this.following = followSaga(customers);
		this.erasing = erasureSaga(customers);
		this.runner = new Sagas(customers.runtime, customers.store, [
			this.merging,
			this.unmerging,
			this.following,
			this.erasing,
		]);
	}

	/** Something came to a customer that was merged: it follows to the survivor. */
	async follow(tx: Transaction, { _id: loserId }: Customer): Promise<void> {
		await this.runner.begin(tx, this.following, { subject: `customer/${loserId}`, state: { loserId } });
		setImmediate(() => this.runner.nudge());
	}

	/**
	 * Waits for a saga for a while, ms. Resolves with its view, whether it is over or goes on.
	 * @throws 409 with the code of what stood in the way where it was given up
	 */
	async outcome(sagaId: string, withinMs: number): Promise<SagaViewShape> {
		const view = await this.runner.settled(sagaId, withinMs);
		const { error } = view;
		if (view.status === "compensated" && error) throw new Problem(409, error.code, error.detail, { extra: { sagaId } });
		return view;
	}
}
