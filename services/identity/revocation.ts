import type { ServiceBroker } from "moleculer";
import { CREDENTIAL_REVOKED, TENANT_CHANGED } from "../../contracts/gateway.ts";

/** A credential that is no longer good. */
export interface Revoked {
	credentialId: string;
	/** SHA-256 of the credential as it is sent, hex */
	credentialHash: string;
}

/** Tells every node at once to forget what it remembers of these credentials. */
export function announceRevoked(broker: ServiceBroker, revoked: readonly Revoked[]): void {
	for (const one of revoked) void broker.broadcast(CREDENTIAL_REVOKED, one);
}

/** Tells every node that a tenant's settings or status are others now. */
export function announceTenantChanged(broker: ServiceBroker, tenantId: string): void {
	void broker.broadcast(TENANT_CHANGED, { tenantId });
}
