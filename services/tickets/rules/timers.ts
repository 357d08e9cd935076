import { NOTICE_TIMER, noticeTimer } from "../notifications/later.ts";
import type { Tickets } from "../tickets-store.ts";
import { PLAN_TIMER, planTimer, RULE_TIMER, ruleTimer } from "./plan.ts";

/** Says what happens when the timers of rules are due. */
export function handleRuleTimers(tickets: Tickets): void {
	tickets.timers.handle(RULE_TIMER, ruleTimer(tickets));
	tickets.timers.handle(PLAN_TIMER, planTimer(tickets));
	tickets.timers.handle(NOTICE_TIMER, noticeTimer(tickets));
}
