import type { ServiceBroker } from "moleculer";
import { PART_BYTES } from "../../contracts/attachments.ts";
import type { ActionContract } from "../../contracts/contract.ts";
import { InTurn } from "../../lib/in-turn.ts";
import { type Blobs, FolderBlobs } from "../../mixins/blobs.ts";
import type { Repository } from "../../mixins/repository.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import type { Sagas } from "../../mixins/saga.mixin.ts";
import { Store } from "../../mixins/store.ts";
import { Timers } from "../../mixins/timers.ts";
import { agentTurnModel } from "../../models/agent-turn.ts";
import { type Attachment, attachmentModel, attachmentPartModel } from "../../models/attachment.ts";
import { type Calendar, calendarModel } from "../../models/calendar.ts";
import { type CsatResponse, csatResponseModel } from "../../models/csat-response.ts";
import { ticketMoveModel } from "../../models/customer-move.ts";
import { type Macro, macroModel } from "../../models/macro.ts";
import { type Notification, notificationModel } from "../../models/notification.ts";
import { type Rule, ruleModel } from "../../models/rule.ts";
import { type RuleRun, ruleRunModel } from "../../models/rule-run.ts";
import { sagaModel } from "../../models/saga.ts";
import { type SavedView, savedViewModel } from "../../models/saved-view.ts";
import { type SlaPolicy, slaPolicyModel, slaTermsModel } from "../../models/sla-policy.ts";
import { tenantExportModel, tenantExportPartModel } from "../../models/tenant-export.ts";
import { type Ticket, ticketModel } from "../../models/ticket.ts";
import { type TicketAudit, ticketAuditModel } from "../../models/ticket-audit.ts";
import {
	companyCopyModel,
	customerCopyModel,
	groupCopyModel,
	handoverModel,
	personCopyModel,
	tenantCopyModel,
} from "../../models/ticket-copies.ts";
import { type TicketMessage, ticketMessageModel } from "../../models/ticket-message.ts";
import { timerModel } from "../../models/timer.ts";
import { StoredParts } from "./attachments/stored-parts.ts";
import { AttachmentSweeper } from "./attachments/sweeper.ts";
import { type Copies, openCopies } from "./copies.ts";
import { ticketSagas } from "./inline-customer.ts";
import { TICKET_MIGRATIONS } from "./migrations.ts";
import { ActiveRules } from "./rules/active-rules.ts";
import { findActiveRules } from "./rules/rule-store.ts";
import { TermsBook } from "./sla/terms-book.ts";

/** What the files of this service share: its documents and the runtime it stands on. */
export interface Tickets {
	runtime: Runtime;
	store: Store;
	tickets: Repository<Ticket>;
	messages: Repository<TicketMessage>;
	audit: Repository<TicketAudit>;
	surveys: Repository<CsatResponse>;
	views: Repository<SavedView>;
	calendars: Repository<Calendar>;
	policies: Repository<SlaPolicy>;
	/** what tickets were promised by */
	terms: TermsBook;
	attachments: Repository<Attachment>;
	/** the contents of attachments */
	blobs: Blobs;
	sweeper: AttachmentSweeper;
	rules: Repository<Rule>;
	ruleRuns: Repository<RuleRun>;
	activeRules: ActiveRules;
	macros: Repository<Macro>;
	notifications: Repository<Notification>;
	copies: Copies;
	sagas: Sagas;
	timers: Timers;
	/** commits on one ticket, by its id: in this process, none has to be tried again for another */
	turns: InTurn;
	/** asks another service for what this one does by itself; what a request needs is asked in its own call */
	ask<P, R>(contract: ActionContract<P, R>, params: P): Promise<R>;
}

/** The name of the sequence that numbers a tenant's tickets. */
export const sequenceOf = (tenantId: string) => `tickets:${tenantId}`;

/** Opens the service's store; `onError` hears of events that could not be published yet. */
export function openTickets(
	runtime: Runtime,
	onError: (error: unknown) => void,
	broker: () => ServiceBroker | undefined,
): Tickets {
	const models = [
		ticketModel,
		ticketMessageModel,
		ticketAuditModel,
		csatResponseModel,
		savedViewModel,
		attachmentModel,
		attachmentPartModel,
		calendarModel,
		slaPolicyModel,
		slaTermsModel,
		customerCopyModel,
		companyCopyModel,
		personCopyModel,
		groupCopyModel,
		tenantCopyModel,
		handoverModel,
		ticketMoveModel,
		timerModel,
		agentTurnModel,
		ruleModel,
		ruleRunModel,
		macroModel,
		notificationModel,
		sagaModel,
		tenantExportModel,
		tenantExportPartModel,
	];
	const store = new Store(runtime, "tickets", models as never, onError, TICKET_MIGRATIONS);
	const turns = new InTurn();
	const { blobFolder, clock } = runtime;
	const blobs = blobFolder === null ? new StoredParts(store) : new FolderBlobs(blobFolder, PART_BYTES);
	const rules = store.repository(ruleModel, "rule");
	// A log that is the lasting record is that of a deployment in one process.
	const activeRules = new ActiveRules((tenantId) => findActiveRules(rules, tenantId), runtime.events.isRecord);
	return {
		runtime,
		store,
		tickets: store.repository(ticketModel, "ticket"),
		messages: store.repository(ticketMessageModel, "message"),
		audit: store.repository(ticketAuditModel, "audit entry"),
		surveys: store.repository(csatResponseModel, "survey"),
		views: store.repository(savedViewModel, "view"),
		calendars: store.repository(calendarModel, "calendar"),
		policies: store.repository(slaPolicyModel, "service level policy"),
		terms: new TermsBook(store),
		attachments: store.repository(attachmentModel, "attachment"),
		blobs,
		sweeper: new AttachmentSweeper({ store, blobs, clock, onError }),
		rules,
		ruleRuns: store.repository(ruleRunModel, "rule run"),
		activeRules,
		macros: store.repository(macroModel, "macro"),
		notifications: store.repository(notificationModel, "notification"),
		copies: openCopies(store),
		sagas: ticketSagas({ runtime, store }),
		timers: new Timers(store, runtime.clock, onError, turns),
		turns,
		async ask<P, R>(contract: ActionContract<P, R>, params: P): Promise<R> {
			const calling = broker();
			if (!calling) throw new Error(`the tickets service has not started yet, and cannot ask for ${contract.name}`);
			return calling.call(contract.name, params as object) as Promise<R>;
		},
	};
}
