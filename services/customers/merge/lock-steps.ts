import type { SagaStep } from "../../../mixins/saga.mixin.ts";
import type { Customers } from "../customers-store.ts";
import { unlock } from "./merge-store.ts";

/** The two customers that a merge, or what undoes it, holds from its first step to its last. */
interface Both {
	survivorId: string;
	loserId: string;
}

const both = ({ survivorId, loserId }: Both) => [survivorId, loserId];

/** The first step: both customers are held. Taken back, others can change them again. */
export function lockStep<S extends Both>(from: Customers): SagaStep<S> {
	return {
		name: "lock",
		async run() {
			// Both were locked by the commit that began the saga.
		},
		async undo(run) {
			await run.commit((tx) => unlock(from, tx, run.id, both(run.state)));
		},
	};
}

/** The last step: others can change both customers again. */
export function unlockStep<S extends Both>(from: Customers): SagaStep<S> {
	return {
		name: "unlock",
		async run(run) {
			await run.commit((tx) => unlock(from, tx, run.id, both(run.state)));
		},
	};
}
