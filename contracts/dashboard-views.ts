import { type TSchema, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { Freshness } from "./dashboard-activity.ts";
import { Instant, Nullable } from "./fields.ts";
import { TICKET_CHANNELS, TICKET_PRIORITIES, TICKET_STATUSES, TICKET_TYPES } from "./tickets-events.ts";

const PLAIN = ["eq", "ne", "in", "nin"] as const;

/** What every number of the dashboard can be narrowed by. */
export const DASHBOARD_FILTERS: ListSpec["filters"] = {
	groupId: { type: "id", nullable: true, operators: PLAIN },
	assigneeId: { type: "id", nullable: true, me: true, operators: PLAIN },
	priority: { type: "string", values: TICKET_PRIORITIES, operators: PLAIN },
	status: { type: "string", values: TICKET_STATUSES, operators: PLAIN },
	channel: { type: "string", values: TICKET_CHANNELS, operators: PLAIN },
	type: { type: "string", values: TICKET_TYPES, operators: PLAIN },
	tag: { type: "string", array: true, operators: [...PLAIN, "all"] },
	tagAny: { type: "string", operators: ["eq", "in"] },
};

/** How the filters are meant, for the descriptions. */
export const FILTERS_SAY =
	"Filters: group and person are those of the moment that is counted (of a solve: whose it was then; of an answer: who " +
	"gave it and where the ticket was), of the backlog also status and priority, as they were at that time; of created and " +
	"closed tickets they are the ticket's as it is now, and everything else always is. Somebody who reaches some groups " +
	"only gets the numbers of the tickets that are now in these groups, assigned to or followed by them. Deleted tickets " +
	"are in no number.";

export const RANGE_SAYS =
	"`from` and `to` are instants or plain dates; a date means the beginning of that day in `timeZone` (the tenant's unless " +
	"told). A range includes `from` and not `to`. Without `to` it ends with today, without `from` it has seven local days.";

const When = Type.Optional(Type.String({ minLength: 1, maxLength: 40 }));
export const RangeQuery = {
	from: When,
	to: When,
	timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
};

export const RangeView = Type.Object({ from: Instant, to: Instant });

/** What every answer about a range says beside its numbers. */
export const Asked = { ...Freshness, timeZone: Type.String(), range: RangeView };

/** Routes to the very rows that were counted, by the name of the number. */
export const Links = Type.Record(Type.String(), Type.String());

const Seconds = Nullable(Type.Number());
export const Durations = Type.Object({
	count: Type.Integer(),
	avgSec: Seconds,
	medianSec: Seconds,
	p90Sec: Seconds,
	p95Sec: Seconds,
});
export const ByClock = Type.Object({ calendar: Durations, business: Durations });

const Count = Type.Integer();
const Rate = Nullable(Type.Number());
export const Throughput = Type.Object({
	created: Count,
	solvedTickets: Count,
	solveEvents: Count,
	reopened: Count,
	reopenRate: Rate,
	closed: Count,
	replies: Count,
	internalNotes: Count,
	customerMessages: Count,
});

const AttainmentView = Type.Object({
	fulfilled: Count,
	breached: Count,
	waived: Count,
	cancelled: Count,
	/** fulfilled / (fulfilled + breached) */
	attainment: Rate,
});
const slaScopes = <T extends TSchema>(schema: T) =>
	Type.Object({ all: schema, first_response: schema, next_response: schema, resolution: schema });

/** How promises came out. */
export const SlaAttainment = slaScopes(AttainmentView);

export const csatFields = {
	requested: Count,
	responses: Count,
	/** responses / requested */
	responseRate: Rate,
	avg: Rate,
	positive: Count,
	positivePct: Rate,
	distribution: Type.Object({ "1": Count, "2": Count, "3": Count, "4": Count, "5": Count }),
};
export const Csat = Type.Object(csatFields);

export const Kpis = Type.Object({
	...Throughput.properties,
	backlog: Nullable(Count),
	firstResponse: ByClock,
	nextResponse: ByClock,
	resolution: ByClock,
	slaAttainment: SlaAttainment,
	csat: Csat,
});

const Change = Nullable(Type.Number());
const changes = (names: readonly string[], schema: TSchema = Change) =>
	Type.Object(Object.fromEntries(names.map((name) => [name, schema])));
const DurationChanges = changes(Object.keys(Durations.properties));

export const SlaChanges = slaScopes(changes(Object.keys(AttainmentView.properties)));
export const CsatChanges = Type.Object({
	...changes(Object.keys(csatFields)).properties,
	distribution: changes(["1", "2", "3", "4", "5"]),
});

/** In percent of the previous period; null where that was 0 or unknown. */
export const Deltas = Type.Object({
	...changes([...Object.keys(Throughput.properties), "backlog"]).properties,
	...changes(
		["firstResponse", "nextResponse", "resolution"],
		Type.Object({ calendar: DurationChanges, business: DurationChanges }),
	).properties,
	slaAttainment: SlaChanges,
	csat: CsatChanges,
});

export const Now = Type.Object({
	backlog: Count,
	unassigned: Count,
	urgent: Count,
	byStatus: Type.Object({ new: Count, open: Count, pending: Count, on_hold: Count }),
	byPriority: Type.Object({ low: Count, normal: Count, high: Count, urgent: Count }),
	byGroup: Type.Array(Type.Object({ groupId: Nullable(Type.String()), name: Nullable(Type.String()), count: Count })),
});

/** What the metrics mean, for the descriptions; the words are those of `services/dashboard/numbers/metrics.ts`. */
export const METRICS_SAY =
	"`backlog`: tickets that are new, open, pending or on hold, at the end of the range (what happens at its last instant " +
	"itself excluded; now, where it ends in the future). `unassigned`: those without an assignee. `urgent`: those of urgent " +
	"priority. `created`: by time of creation. `solvedTickets`: distinct tickets whose last solve in the range still stands " +
	"at its end. `solveEvents`: every solve, also when the ticket was reopened later. `reopened`: every reopening, credited " +
	"to whom the solve was credited. `reopenRate`: reopened / solveEvents. `closed`: by time of closing. `firstResponse` and " +
	"`nextResponse`: how long customers waited, by time and person of the answer. `resolution`: from creation to the solves " +
	"of solvedTickets, by time of the solve and the assignee then. `replies`, `internalNotes`: messages of staff. " +
	"`customerMessages`: messages of customers. Durations are in seconds, `calendar` by the wall clock, `business` in " +
	"business hours as far as known; percentiles interpolate linearly between exact values (R-7); null, not 0, where there " +
	"is nothing to speak of. `slaAttainment`: of the promises that came out in the range, `fulfilled` were done in time and " +
	"`breached` were not, the latter at the instant at which they were due, also if done late; `attainment` is fulfilled / " +
	"(fulfilled + breached); `cancelled` did not have to be kept any longer, `waived` were forgiven, and both are in neither. " +
	"They are credited to the ticket's group and assignee at that moment. `csat`: answers by the time of the last one that " +
	"was given, credited to whom the solve was; `requested` by the time of asking, `positive` are ratings of 4 and 5, " +
	"`positivePct` their share in percent.";
