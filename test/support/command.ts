import { systemActor } from "../../contracts/caller.ts";
import type { Command } from "../../mixins/store.ts";

/** A command of the system in a tenant, with nothing before it. */
export function systemCommand(tenantId: string): Command {
	return { tenantId, actor: systemActor("test"), correlationId: "test", causationId: null, id: null };
}
