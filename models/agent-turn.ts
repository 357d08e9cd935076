import { BY_TENANT, defineRows } from "./model.ts";

/**
 * When somebody was last given a ticket automatically; `_id` is theirs. Whoever assigns automatically writes it in the
 * same transaction, so that of two who would give the same person a ticket at once one sees what the other did.
 */
export interface AgentTurn {
	_id: string;
	tenantId: string;
	/** several within one instant are a millisecond apart, in their order */
	lastAutoAssignedAt: Date;
}

export const agentTurnModel = defineRows<AgentTurn>(
	"agent_turns",
	{ tenantId: { type: String, required: true }, lastAutoAssignedAt: { type: Date, required: true } },
	[BY_TENANT],
);
