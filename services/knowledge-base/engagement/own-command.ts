import { systemActor } from "../../../contracts/caller.ts";
import { newId } from "../../../lib/ids.ts";
import type { Command } from "../../../mixins/store.ts";

/** What the service does by itself in a tenant: nobody's request, or several together. */
export function ownCommand(tenantId: string): Command {
	const actor = systemActor("knowledge-base");
	return { tenantId, actor, correlationId: newId(), causationId: null, id: null };
}
