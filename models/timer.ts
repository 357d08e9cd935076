import { defineRows } from "./model.ts";

/** Something that has to happen at a time. `_id` is made of its tenant, subject, kind and key: there is one of each. */
export interface TimerRow {
	_id: string;
	tenantId: string;
	subjectId: string;
	kind: string;
	key: string;
	dueAt: Date;
	/** when it may be taken: when it is due, or when the time of whoever holds it is over */
	takeAt: Date;
	/** who has taken it, or that it has failed and is left alone for a while; absent where neither */
	holder?: string;
	/** another one each time that it is set */
	stamp: string;
	/** how often it has failed */
	failures: number;
	/** JSON */
	data: string;
}

export const timerModel = defineRows<TimerRow>(
	"timers",
	{
		tenantId: { type: String, required: true },
		subjectId: { type: String, required: true },
		kind: { type: String, required: true },
		key: { type: String, default: "" },
		dueAt: { type: Date, required: true },
		takeAt: { type: Date, required: true },
		holder: { type: String },
		stamp: { type: String, required: true },
		failures: { type: Number, required: true },
		data: { type: String, required: true },
	},
	[
		// The service itself looks for what is due in all tenants, and for what was held by a clock that ran ahead.
		[{ takeAt: 1, _id: 1 }, {}],
		[{ holder: 1 }, { sparse: true }],
		// By subject, and all of a tenant at its end.
		[{ tenantId: 1, subjectId: 1, kind: 1, _id: 1 }, {}],
	],
);
