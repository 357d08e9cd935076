import { TEMPLATE_VARIABLES, type TemplateWarning } from "../../../contracts/rule-actions.ts";
import type { Ticket } from "../../../models/ticket.ts";

/*
 * Texts with variables and nothing else: `{{ticket.number}}` stands for a value, and there is no logic. Values are
 * escaped, for HTML and so that they make no links or images of their own in Markdown.
 */

const VARIABLE = /\{\{\s*([A-Za-z][\w.]*)\s*\}\}/g;
const CUSTOM = /^ticket\.customFields\.[a-z][a-z0-9_]{0,63}$/;
const KNOWN: ReadonlySet<string> = new Set(TEMPLATE_VARIABLES);

const ENTITIES: Record<string, string> = {
	...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
	...{ "[": "&#91;", "]": "&#93;", "`": "&#96;" },
};

const escaped = (text: string) => text.replace(/[&<>"'[\]`]/g, (character) => ENTITIES[character] ?? character);

/** The variables of a template that there are not, each once. */
export function unknownVariables(template: string): string[] {
	const named = [...template.matchAll(VARIABLE)].map((match) => match[1] as string);
	return [...new Set(named)].filter((name) => !KNOWN.has(name) && !CUSTOM.test(name));
}

/** A warning for each unknown variable of a template. */
export function templateWarnings(template: string, pointer: string): TemplateWarning[] {
	return unknownVariables(template).map((name) => ({
		pointer,
		code: "unknown_variable",
		message: `There is no variable ${name}: it stays empty.`,
	}));
}

/** What variables stand for. Names are those of the copies that tickets show. */
export interface TemplateValues {
	ticket: Ticket;
	customer?: { name: string; email: string | null } | undefined;
	company?: { name: string } | undefined;
	assignee?: { name: string } | undefined;
	group?: { name: string } | undefined;
	rule?: { name: string } | undefined;
	sla?: { metric: string | null } | undefined;
}

/** A value as text; nothing for none. */
function textOf(value: unknown): string {
	if (value === null || value === undefined) return "";
	if (value instanceof Date) return value.toISOString();
	if (Array.isArray(value)) return value.map(textOf).join(", ");
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function standsFor(values: TemplateValues, name: string): unknown {
	if (!KNOWN.has(name) && !CUSTOM.test(name)) return undefined;
	const [subject = "", field = "", key = ""] = name.split(".");
	// Who asked is the ticket's customer; tickets name them by both.
	const of = own(values, subject === "requester" ? "customer" : subject);
	if (field === "id" && subject === "ticket") return values.ticket._id;
	return key === "" ? own(of, field) : own(own(of, field), key);
}

function own(object: unknown, key: string): unknown {
	return typeof object === "object" && object !== null && Object.hasOwn(object, key)
		? (object as Record<string, unknown>)[key]
		: undefined;
}

/** A template with its variables filled in; unknown ones and those without a value are empty. */
export function render(template: string, values: TemplateValues): string {
	return template.replace(VARIABLE, (_, name: string) => escaped(textOf(standsFor(values, name))));
}
