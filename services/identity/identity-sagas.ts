import type { SagaViewShape } from "../../contracts/sagas.ts";
import { type SagaDefinition, Sagas } from "../../mixins/saga.mixin.ts";
import { type Deactivation, deactivationSaga } from "./deactivate-saga.ts";
import type { Identity } from "./identity-store.ts";
import { type OffboardingState, offboardingSaga } from "./offboard-saga.ts";
import { type Provisioning, provisionSaga } from "./provision-saga.ts";

/** The sagas of identity: how tenants come and go, and how people leave. */
export class IdentitySagas {
	readonly runner: Sagas;
	readonly provisioning: SagaDefinition<Provisioning>;
	readonly offboarding: SagaDefinition<OffboardingState>;
	readonly deactivation: SagaDefinition<Deactivation>;
	private readonly waiting = new Map<string, () => void>();

	/** `changed` tells every node that a tenant is another one now. */
	constructor(identity: Identity, changed: (tenantId: string) => void) {
		this.provisioning = provisionSaga(identity, (sagaId) => this.waiting.get(sagaId)?.());
		this.offboarding = offboardingSaga(identity, changed);
		this.deactivation = deactivationSaga(identity);
		this.runner = new Sagas(identity.runtime, identity.store, [
			this.provisioning,
			this.offboarding,
			this.deactivation,
		] as unknown as SagaDefinition<never>[]);
	}

	/**
	 * Waits until a tenant is active or not to be, or for so long, ms. In another process than the one that works on it,
	 * only the end of the saga shows.
	 */
	async decided(sagaId: string, withinMs: number): Promise<SagaViewShape> {
		const decided = new Promise<void>((resolve) => this.waiting.set(sagaId, resolve));
		try {
			const settled = this.runner.settled(sagaId, withinMs);
			return await Promise.race([settled, decided.then(() => this.runner.get(null, sagaId))]);
		} finally {
			this.waiting.delete(sagaId);
		}
	}
}
