import type { ActionSchema } from "moleculer";
import { closePartitionOf, openPartitionOf } from "../../contracts/tenant-partition.ts";
import { action } from "../../mixins/action.ts";
import { exportActions, partitionActions } from "../../mixins/tenant-partition.ts";
import { attachmentModel } from "../../models/attachment.ts";
import { calendarModel } from "../../models/calendar.ts";
import { csatResponseModel } from "../../models/csat-response.ts";
import { macroModel } from "../../models/macro.ts";
import { serviceValueModel } from "../../models/outbox.ts";
import { ruleModel } from "../../models/rule.ts";
import { savedViewModel } from "../../models/saved-view.ts";
import { slaPolicyModel } from "../../models/sla-policy.ts";
import { ticketModel } from "../../models/ticket.ts";
import { ticketAuditModel } from "../../models/ticket-audit.ts";
import { ticketMessageModel } from "../../models/ticket-message.ts";
import { unshipRules } from "./rules/defaults.ts";
import { beginTenant } from "./tenant-beginning.ts";
import { sequenceOf, type Tickets } from "./tickets-store.ts";

/** Made of other fields, for indexes. */
const DERIVED = ["statusRank", "priorityRank", "slaRank", "nextBreachKey", "audience", "customerAudience"];

const EXPORTED = [
	{ entity: "ticket", model: ticketModel, order: ["number"], omit: DERIVED },
	{ entity: "message", model: ticketMessageModel, order: ["ticketId", "seq", "_id"] },
	{ entity: "attachment", model: attachmentModel, order: ["_id"], omit: ["sweepAt"] },
	{ entity: "auditEntry", model: ticketAuditModel, order: ["ticketId", "seq", "_id"] },
	{ entity: "savedView", model: savedViewModel, order: ["position", "_id"], omit: ["audience", "slot"] },
	{ entity: "csatResponse", model: csatResponseModel, order: ["ticketId", "requestedAt", "_id"] },
	{ entity: "calendar", model: calendarModel, order: ["createdAt", "_id"], omit: ["sortName"] },
	{ entity: "slaPolicy", model: slaPolicyModel, order: ["position", "_id"] },
	{ entity: "rule", model: ruleModel, order: ["position", "_id"] },
	{ entity: "macro", model: macroModel, order: ["createdAt", "_id"], omit: ["sortName"] },
];

/**
 * How the tickets service takes part in the beginning and the end of a tenant.
 */
export function tenantActions(tickets: Tickets): Record<string, ActionSchema> {
	const { store, runtime } = tickets;
	const sequences = () => store.model(serviceValueModel);
	const calendars = () => store.model(calendarModel);
	return {
		openPartition: action(openPartitionOf("tickets"), async ({ params: { tenantId, tenant } }) => ({
			made: await beginTenant(tickets, tenantId, tenant.timeZone),
		})),
		closePartition: action(closePartitionOf("tickets"), async ({ params: { tenantId } }) => {
			const counted = await sequences().deleteOne({ _id: sequenceOf(tenantId), number: 0 });
			const kept = await store.model(savedViewModel).deleteMany({ tenantId });
			const opened = await calendars().deleteMany({ tenantId });
			const unshipped = await unshipRules(tickets, tenantId);
			return { removed: kept.deletedCount + counted.deletedCount + opened.deletedCount + unshipped, more: false };
		}),
		...exportActions("tickets", store, EXPORTED as never),
		...partitionActions("tickets", store, runtime.clock, (tenantId) => [sequenceOf(tenantId)], tickets.blobs),
	};
}
