import { defineModel, type Entity } from "./model.ts";

/** From and until when, as `HH:MM` of the calendar's zone; until may be `24:00`. */
export type OpenWindow = [from: string, to: string];

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Business hours, by which promises to customers are reckoned. Dates are `YYYY-MM-DD` of its zone. */
export interface Calendar extends Entity {
	name: string;
	/** the name without regard to case, for sorting */
	sortName: string;
	/** `always`: open day and night, whatever the hours */
	type: "weekly" | "always";
	/** IANA */
	timeZone: string;
	hours: Record<Weekday, OpenWindow[]>;
	/** the whole date, or a part of it */
	holidays: { date: string; name: string; from?: string; to?: string }[];
	/** the hours of a date instead of its weekday's and of its holidays */
	exceptions: { date: string; hours: OpenWindow[] }[];
	/** a tenant has one default calendar */
	isDefault: boolean;
}

const windows = { type: [[String]], default: undefined };

export const calendarModel = defineModel<Calendar>(
	"calendars",
	{
		name: { type: String, required: true },
		sortName: { type: String, required: true },
		type: { type: String, required: true, enum: ["weekly", "always"] },
		timeZone: { type: String, required: true },
		hours: Object.fromEntries(WEEKDAYS.map((day) => [day, windows])),
		holidays: [{ _id: false, date: String, name: String, from: String, to: String }],
		exceptions: [{ _id: false, date: String, hours: windows }],
		isDefault: { type: Boolean, required: true },
	},
	[
		[{ tenantId: 1, isDefault: 1 }, {}],
		[{ tenantId: 1, sortName: 1, _id: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
	],
);
