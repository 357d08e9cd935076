/** Broadcast when credentials stopped being good: every gateway asks identity again before it trusts anybody. */
export const CREDENTIAL_REVOKED = "identity.credential.revoked";

/** Broadcast when a tenant's status or settings are others now, which the gateway also keeps with each caller. */
export const TENANT_CHANGED = "identity.tenant.changed";
