import type { Change } from "../../../models/ticket-audit.ts";
import type { TicketSla } from "../../../models/ticket-sla.ts";
import { promised } from "./promise-states.ts";

/** Which promises of a ticket came to be at risk or were broken between two states of its clocks, for its audit trail. */
export function turnsOf(before: TicketSla | null, after: TicketSla): Change[] {
	return promised(after).flatMap((is) => {
		const was = before?.instances.find((one) => one.metric === is.metric && one.instanceNo === is.instanceNo);
		const isBroken = is.breachedAt !== null && !was?.breachedAt;
		const isAtRisk = is.atRiskEventAt !== null && !was?.atRiskEventAt;
		if (!isBroken && !isAtRisk) return [];
		const from = was?.breachedAt ? "breached" : was?.atRiskEventAt ? "at_risk" : "active";
		return [{ field: `sla.${is.metric}`, from, to: isBroken ? "breached" : "at_risk" }];
	});
}
