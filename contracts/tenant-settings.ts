import { type Static, Type } from "typebox";

const HOUR = 3600;
const DAY = 24 * HOUR;
const seconds = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum });
const orNull = <T extends ReturnType<typeof seconds>>(schema: T) => Type.Union([schema, Type.Null()]);

/** What an owner or admin may set for the tenant. All durations in seconds. */
export const EditableSettings = Type.Object(
	{
		autoCloseAfterSec: seconds(HOUR, 28 * DAY),
		pendingReminderAfterSec: orNull(seconds(HOUR, 90 * DAY)),
		autoSolvePendingAfterSec: orNull(seconds(HOUR, 90 * DAY)),
		/** how long a reopened ticket stays with somebody who is away, in business seconds */
		reassignAfterSec: seconds(0, 30 * DAY),
		requireAssigneeToSolve: Type.Boolean(),
		requireIfMatch: Type.Boolean(),
		replyToClosed: Type.Union([Type.Literal("followUp")]),
		/** whether customers are asked how it went when their ticket is solved */
		csatEnabled: Type.Boolean(),
		csatWindowSec: seconds(HOUR, 365 * DAY),
		slaDefaultPauseOn: Type.Object(
			{
				resolution: Type.Array(Type.Union([Type.Literal("pending"), Type.Literal("on_hold")]), {
					uniqueItems: true,
				}),
			},
			{ additionalProperties: false },
		),
		idempotencyTtlSec: seconds(HOUR, 7 * DAY),
		agentTicketScope: Type.Union([Type.Literal("all"), Type.Literal("groups"), Type.Literal("assigned")]),
		agentsMayPublish: Type.Boolean(),
		/** extensions (`exe`) and media types (`application/zip`, `video/*`) of files that are not taken */
		blockedAttachmentTypes: Type.Array(
			Type.String({ maxLength: 127, pattern: "^\\.?[A-Za-z0-9_-]+$|^[A-Za-z0-9.+-]+/([A-Za-z0-9.+-]+|\\*)$" }),
			{ maxItems: 200 },
		),
		/** whether votes of staff on articles are among their counters */
		staffVotesCount: Type.Boolean(),
		retention: Type.Object(
			{
				closedTicketsDays: Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Null()]),
				auditDays: Type.Integer({ minimum: 30, maximum: 36_500 }),
				eventDays: Type.Integer({ minimum: 7, maximum: 3650 }),
			},
			{ additionalProperties: false },
		),
	},
	{ additionalProperties: false },
);

/** What only the platform may set. */
export const RateLimitSettings = Type.Object(
	{
		perMinute: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
		perTokenPerMinute: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
	},
	{ additionalProperties: false },
);

export type TenantSettings = Static<typeof EditableSettings> & { rateLimit: Static<typeof RateLimitSettings> };

/** Files that run something on whoever opens them. */
const BLOCKED_ATTACHMENT_TYPES = [
	...["ade", "adp", "apk", "appx", "appxbundle", "bat", "chm", "cmd", "com", "cpl", "diagcab", "dll", "dmg", "elf"],
	...["ex", "ex_", "exe", "hta", "img", "ins", "iso", "isp", "jar", "jnlp", "js", "jse", "lib", "lnk", "macho", "mde"],
	...["mjs", "msc", "msi", "msix", "msixbundle", "msp", "mst", "nsh", "pif", "ps1", "psm1", "reg", "scr", "sct", "shb"],
	...["sys", "vb", "vbe", "vbs", "vhd", "vhdx", "vxd", "wsc", "wsf", "wsh", "xll"],
	...["application/x-msdownload", "application/x-elf", "application/x-mach-binary", "application/x-ms-shortcut"],
];

/** The settings of a tenant that never changed any. */
export const DEFAULT_SETTINGS: TenantSettings = {
	autoCloseAfterSec: 4 * DAY,
	pendingReminderAfterSec: null,
	autoSolvePendingAfterSec: null,
	reassignAfterSec: 900,
	requireAssigneeToSolve: true,
	requireIfMatch: false,
	replyToClosed: "followUp",
	csatEnabled: true,
	csatWindowSec: 30 * DAY,
	slaDefaultPauseOn: { resolution: ["pending", "on_hold"] },
	idempotencyTtlSec: DAY,
	agentTicketScope: "groups",
	agentsMayPublish: false,
	blockedAttachmentTypes: BLOCKED_ATTACHMENT_TYPES,
	staffVotesCount: false,
	rateLimit: { perMinute: 6000, perTokenPerMinute: 3000 },
	retention: { closedTicketsDays: null, auditDays: 730, eventDays: 90 },
};
