import { RE2JS } from "re2js";
import { Problem, type ProblemItem, validationFailed } from "../../lib/problem.ts";
import type { CustomFieldDef } from "../../models/custom-field.ts";

/** What of a definition decides about values. */
export type FieldRule = Pick<CustomFieldDef, "key" | "type" | "options" | "required" | "regex" | "archived">;

/** The values of custom fields by key: text, number, boolean or a list of words; dates and instants as text. */
export type FieldValues = Record<string, unknown>;

const MAX_TEXT = 4096;
const MAX_URL = 2048;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/i;

/** Thrown inside this file for a value that does not fit; `code` says in which way. */
class Misfit extends Error {
	readonly code: string;
	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

/** A pattern that takes time linear in the text, whatever it is. Throws for what RE2's syntax does not have. */
export function compilePattern(source: string): { matchesWhole(text: string): boolean } {
	const pattern = RE2JS.compile(source);
	return { matchesWhole: (text) => pattern.matches(text) };
}

function text(value: unknown, limit: number): string {
	if (typeof value !== "string") throw new Misfit("type", "The value must be a text.");
	if (value.length > limit) throw new Misfit("maxLength", `The value has more than ${limit} characters.`);
	return value.toWellFormed();
}

function matching(rule: FieldRule, value: string): string {
	if (rule.regex !== null && !compilePattern(rule.regex).matchesWhole(value))
		throw new Misfit("pattern", "The value does not match the field's pattern.");
	return value;
}

/** A day of the calendar: 2025-02-29 is none. */
function date(value: unknown): string {
	const day = text(value, 10);
	const at = DATE.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
	if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day)
		throw new Misfit("date", "The value must be a day such as 2026-01-31.");
	return day;
}

function datetime(value: unknown): string {
	const written = text(value, 40);
	const at = INSTANT.test(written) ? Date.parse(written) : Number.NaN;
	if (Number.isNaN(at)) throw new Misfit("date-time", "The value must be an instant such as 2026-01-31T08:00:00Z.");
	date(written.slice(0, 10));
	return new Date(at).toISOString();
}

function url(value: unknown): string {
	const written = text(value, MAX_URL);
	const protocol = URL.canParse(written) ? new URL(written).protocol : "";
	if (protocol !== "https:" && protocol !== "http:")
		throw new Misfit("url", "The value must be an http or https address.");
	return written;
}

function number(value: unknown, whole: boolean): number {
	if (typeof value !== "number" || !Number.isFinite(value)) throw new Misfit("type", "The value must be a number.");
	if (whole && !Number.isSafeInteger(value)) throw new Misfit("type", "The value must be a whole number.");
	return value;
}

function option(rule: FieldRule, value: unknown): string {
	if (typeof value !== "string" || !rule.options.includes(value))
		throw new Misfit("enum", `The value must be one of: ${rule.options.slice(0, 20).join(", ")}.`);
	return value;
}

function options(rule: FieldRule, value: unknown): string[] {
	if (!Array.isArray(value)) throw new Misfit("type", "The value must be a list.");
	if (value.length > rule.options.length)
		throw new Misfit("maxItems", "The list has more values than there are options.");
	return [...new Set(value.map((item) => option(rule, item)))];
}

function stored(rule: FieldRule, value: unknown): unknown {
	switch (rule.type) {
		case "text":
			return matching(rule, text(value, MAX_TEXT));
		case "url":
			return matching(rule, url(value));
		case "number":
			return number(value, false);
		case "integer":
			return number(value, true);
		case "boolean":
			if (typeof value !== "boolean") throw new Misfit("type", "The value must be true or false.");
			return value;
		case "date":
			return date(value);
		case "datetime":
			return datetime(value);
		case "select":
			return option(rule, value);
		case "multiselect":
			return options(rule, value);
	}
}

const isEmpty = (value: unknown) => value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

function problemOf(errors: ProblemItem[]): Problem {
	const unknownOnly = errors.every((error) => error.code === "unknown_field");
	if (!unknownOnly) return validationFailed(errors);
	const keys = errors.map((error) => error.pointer.split("/").at(-1));
	return new Problem(422, "unknown_field", `There is no custom field ${keys.join(", ")}.`, { errors });
}

/** RFC 6901 */
const pointerTo = (key: string) => `/customFields/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/**
 * The custom fields after a change: what `patch` names is checked against the definitions and put in its stored form,
 * null clears (as a patch, all of them), the rest stays as it is, even where today's rules would refuse it. A required field cannot be cleared;
 * `requireAll` asks for all of them. Throws 422 with everything wrong, `unknown_field` when that is all.
 */
export function patchFields(
	rules: readonly FieldRule[],
	current: FieldValues,
	patch: FieldValues | null,
	{ requireAll = false }: { requireAll?: boolean } = {},
): FieldValues {
	const byKey = new Map(rules.map((rule) => [rule.key, rule]));
	const values = new Map(patch === null ? [] : Object.entries(current));
	const errors: ProblemItem[] = [];
	const refuse = (key: string, code: string, message: string) =>
		errors.push({ pointer: pointerTo(key), code, message });
	for (const [key, value] of Object.entries(patch ?? {})) {
		const rule = byKey.get(key);
		if (!rule) refuse(key, "unknown_field", "There is no such custom field.");
		else if (value === null) values.delete(key);
		else if (rule.archived) refuse(key, "archived", "The field is archived and takes no new values.");
		else
			try {
				values.set(key, stored(rule, value));
			} catch (error) {
				if (!(error instanceof Misfit)) throw error;
				refuse(key, error.code, error.message);
			}
	}
	for (const rule of rules)
		if (
			rule.required &&
			!rule.archived &&
			(requireAll || Object.hasOwn(patch ?? current, rule.key)) &&
			isEmpty(values.get(rule.key))
		)
			if (!errors.some((error) => error.pointer === pointerTo(rule.key)))
				refuse(rule.key, "required", "This field is required.");
	if (errors.length > 0) throw problemOf(errors);
	return Object.fromEntries(values);
}
