import { attachmentContracts } from "./attachments.ts";
import { calendarContracts } from "./calendars.ts";
import type { ActionContract } from "./contract.ts";
import { customersContracts } from "./customers.ts";
import { dashboardContracts } from "./dashboard.ts";
import { identityContracts } from "./identity.ts";
import { jobsContracts } from "./jobs.ts";
import { knowledgeBaseContracts } from "./knowledge-base.ts";
import { macroContracts } from "./macros.ts";
import { notificationContracts } from "./notifications.ts";
import { operationsContracts } from "./operations.ts";
import { ruleContracts } from "./rules.ts";
import { sagasContracts } from "./sagas.ts";
import { searchContracts } from "./search.ts";
import { slaPolicyContracts } from "./sla-policies.ts";
import { surveysContracts } from "./surveys.ts";
import { ticketMergeContracts } from "./ticket-merge.ts";
import { ticketsContracts } from "./tickets.ts";
import { viewsContracts } from "./views.ts";

/**
 * Every action that has a REST alias, of every service. The gateway's routes and the OpenAPI document are made of this
 * list and of nothing else.
 */
export const contracts = [
	...identityContracts,
	...customersContracts,
	...ticketsContracts,
	...ticketMergeContracts,
	...attachmentContracts,
	...surveysContracts,
	...viewsContracts,
	...calendarContracts,
	...slaPolicyContracts,
	...ruleContracts,
	...macroContracts,
	...notificationContracts,
	...knowledgeBaseContracts,
	...searchContracts,
	...dashboardContracts,
	...sagasContracts,
	...jobsContracts,
	...operationsContracts,
] as unknown as readonly ActionContract[];
