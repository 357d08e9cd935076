import type { Layout } from "./settings.ts";

const UNSAFE = /[.!~*'()]/g;
const hex = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;

/** Any text as one token of a NATS subject; tokens of different texts differ. */
export function token(text: string): string {
	return text === "" ? "%" : encodeURIComponent(text.toWellFormed()).replaceAll(UNSAFE, hex);
}

/** An event type as tokens: one for each of its parts. */
function typeTokens(type: string): string {
	return type.split(".").map(token).join(".");
}

/** The subject an event is published on. The tenant comes first, so that one filter finds all events of a tenant. */
export function eventSubject(layout: Layout, event: { tenantId: string; type: string }): string {
	return `${layout.eventSubjects}.${token(event.tenantId)}.${typeTokens(event.type)}`;
}

export function letterSubject(layout: Layout, letter: { group: string; tenantId: string; position: number }): string {
	return `${layout.letterSubjects}.${token(letter.group)}.${token(letter.tenantId)}.${letter.position}`;
}

/** The filters of a server, one for each type or family, that together let the events of some types through. */
export function typeFilters(layout: Layout, types: readonly string[], tenantId?: string): string[] {
	const tenant = tenantId === undefined ? "*" : token(tenantId);
	const prefix = `${layout.eventSubjects}.${tenant}`;
	if (types.includes("*")) return [`${prefix}.>`];
	return withoutCovered(types).map((type) =>
		type.endsWith(".*") ? `${prefix}.${typeTokens(type.slice(0, -2))}.>` : `${prefix}.${typeTokens(type)}`,
	);
}

/** The types without those that a family among them already holds, so that no event is found twice. */
function withoutCovered(types: readonly string[]): string[] {
	const families = types.filter((type) => type.endsWith(".*")).map((type) => type.slice(0, -1));
	return [...new Set(types)].filter(
		(type) => !families.some((family) => type.startsWith(family) && type !== `${family}*`),
	);
}

/** Tells by the subject of a message whether its event is of one of some types. */
export function typeMatcher(layout: Layout, types: readonly string[]): (subject: string) => boolean {
	if (types.includes("*")) return () => true;
	const exact = new Set(types.filter((type) => !type.endsWith(".*")).map(typeTokens));
	const families = types.filter((type) => type.endsWith(".*")).map((type) => `${typeTokens(type.slice(0, -2))}.`);
	return (subject) => {
		const type = subject.slice(subject.indexOf(".", layout.eventSubjects.length + 1) + 1);
		return exact.has(type) || families.some((family) => type.startsWith(family));
	};
}

/** The token of the tenant in the subject of an event. */
export function tenantToken(layout: Layout, subject: string): string {
	const start = layout.eventSubjects.length + 1;
	return subject.slice(start, subject.indexOf(".", start));
}
