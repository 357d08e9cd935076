import type { Service, ServiceSchema } from "moleculer";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { sagaMixin } from "../../mixins/saga.mixin.ts";
import { subscriberMixin } from "../../mixins/subscriber.mixin.ts";
import { handleAssignment } from "./assignment/drain.ts";
import { assignmentActions } from "./assignment/workload.ts";
import { attachmentActions } from "./attachments/uploads.ts";
import { changeActions } from "./change-ticket.ts";
import { createTicketAction } from "./create-ticket.ts";
import { customerMergeActions } from "./customer-merge.ts";
import { deleteActions } from "./delete-ticket.ts";
import { erasureActions } from "./erasure/erasure-actions.ts";
import { HandoverWorker, releaseActions } from "./handover.ts";
import { handleLearning } from "./learn.ts";
import { handleLifeTimers } from "./life-timers.ts";
import { linkActions } from "./links.ts";
import { macroActions } from "./macros/macro-actions.ts";
import { mergeActions } from "./merge/merge.ts";
import { splitActions } from "./merge/split.ts";
import { messageActions } from "./messages.ts";
import { neighbourEvents } from "./neighbour-events.ts";
import { notificationActions } from "./notifications/notification-actions.ts";
import { readActions } from "./read-tickets.ts";
import { redactionActions } from "./redaction/redact.ts";
import { ruleMixin } from "./rules/consumer.ts";
import { ruleActions } from "./rules/rule-actions.ts";
import { handleRuleTimers } from "./rules/timers.ts";
import { viewActions } from "./saved-views/view-actions.ts";
import { searchActions } from "./search-documents.ts";
import { calendarActions } from "./sla/calendar-actions.ts";
import { observeClocks } from "./sla/observe.ts";
import { slaPolicyActions } from "./sla/policy-actions.ts";
import { goOnRecalculating } from "./sla/recalculation.ts";
import { slaActions } from "./sla/sla-actions.ts";
import { surveyActions } from "./surveys/survey-actions.ts";
import { handleBeginning } from "./tenant-beginning.ts";
import { tenantActions } from "./tenant-partition.ts";
import { openTickets } from "./tickets-store.ts";

/** Tickets: threads, the state machine, assignment, links and the audit trail. */
export default function ticketsService(runtime: Runtime): ServiceSchema {
	let service: Service | null = null;
	const warn = (error: unknown) => service?.logger.warn(error);
	const tickets = openTickets(runtime, warn, () => service?.broker);
	handleLifeTimers(tickets);
	handleLearning(tickets);
	handleAssignment(tickets);
	observeClocks(tickets);
	goOnRecalculating(tickets);
	handleRuleTimers(tickets);
	handleBeginning(tickets);
	const handovers = new HandoverWorker(tickets, warn);

	return {
		name: "tickets",
		// The store last: Moleculer starts the last mixin first, and events need it.
		mixins: [
			sagaMixin(tickets.sagas),
			subscriberMixin(
				runtime,
				tickets.store,
				"tickets",
				neighbourEvents(tickets, () => handovers.nudge()),
			),
			ruleMixin(runtime, tickets),
			collectionMixin(tickets.store),
		],
		actions: {
			create: createTicketAction(tickets),
			...readActions(tickets),
			...changeActions(tickets),
			...messageActions(tickets),
			...linkActions(tickets),
			...deleteActions(tickets),
			...surveyActions(tickets),
			...viewActions(tickets),
			...erasureActions(tickets),
			...searchActions(tickets),
			...customerMergeActions(tickets),
			...releaseActions(tickets),
			...calendarActions(tickets),
			...slaPolicyActions(tickets),
			...slaActions(tickets),
			...ruleActions(tickets),
			...macroActions(tickets),
			...notificationActions(tickets),
			...assignmentActions(tickets),
			...tenantActions(tickets),
			...attachmentActions(tickets),
			...mergeActions(tickets),
			...splitActions(tickets),
			...redactionActions(tickets),
		},
		methods: {
			/** Removes every file that nobody may have any more. */
			sweepAttachments: () => tickets.sweeper.sweep(),
			/** Works on every saga that is due now. */
			settleSagas: () => tickets.sagas.idle(),
			/** Works on every timer that is due now. */
			settleTimers: () => tickets.timers.idle(),
		},
		created(this: Service) {
			service = this;
		},
		async started() {
			handovers.start();
			tickets.sweeper.start();
			tickets.timers.start();
		},
		async stopped() {
			await tickets.timers.stop();
			await tickets.sweeper.stop();
			await handovers.stop();
		},
	} as unknown as ServiceSchema;
}
