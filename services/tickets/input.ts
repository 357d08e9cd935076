import { checkCustomFields } from "../../contracts/customers-internal.ts";
import { normalizeEmail } from "../../lib/email.ts";
import { canonicalLocale } from "../../lib/locale.ts";
import { invalidField } from "../../lib/problem.ts";
import { type CallContext, call } from "../../mixins/action.ts";
import { askNeighbour } from "./neighbours.ts";

/** The longest message, in bytes of UTF-8. */
const MAX_BODY_BYTES = 64 * 1024;

const MAX_SUBJECT = 255;

/** A subject without the space around it. Throws 422 where nothing else is in it, or more than 255 characters. */
export function cleanSubject(subject: string): string {
	const clean = subject.trim();
	if (clean === "") throw invalidField("/subject", "A ticket needs a subject.", "required");
	if ([...clean].length > MAX_SUBJECT)
		throw invalidField("/subject", `A subject has at most ${MAX_SUBJECT} characters.`, "maxLength");
	return clean;
}

/** Throws 422 for a message that is empty or longer than 64 KB. */
export function checkBody(body: string, pointer: string): void {
	if (body.trim() === "") throw invalidField(pointer, "A message needs a text.", "required");
	if (Buffer.byteLength(body) > MAX_BODY_BYTES)
		throw invalidField(pointer, "A message has at most 64 KB of text.", "maxLength");
}

/** Addresses in the form in which they are compared, each once. */
export function cleanAddresses(addresses: readonly string[], pointer = "/ccEmails"): string[] {
	const clean = addresses.map((address, index) => {
		const normalized = normalizeEmail(address);
		if (normalized === null) throw invalidField(`${pointer}/${index}`, "This is no e-mail address.", "format");
		return normalized;
	});
	return [...new Set(clean)];
}

/** A language tag in canonical spelling. */
export function cleanLocale(locale: string): string {
	const canonical = canonicalLocale(locale);
	if (canonical === null) throw invalidField("/locale", "This is no BCP 47 language tag.", "format");
	return canonical;
}

/**
 * Custom fields checked against the tenant's definitions, `null` where one is to be cleared. What the ticket has is not
 * looked at, so that the result can be merged over whatever it has at the moment of the commit. `requireAll` asks for
 * every required field.
 */
export async function cleanCustomFields(
	ctx: CallContext,
	tenantId: string,
	values: Record<string, unknown>,
	{ requireAll = false }: { requireAll?: boolean } = {},
): Promise<Record<string, unknown>> {
	const cleared = Object.keys(values).filter((key) => values[key] === null);
	if (Object.keys(values).length === 0) {
		// Where the definitions cannot be asked for, a ticket without any values is taken all the same.
		if (requireAll) await askNeighbour(ctx, checkCustomFields, { tenantId, target: "ticket", values, requireAll });
		return {};
	}
	const checked = await call(ctx, checkCustomFields, { tenantId, target: "ticket", values, requireAll });
	return { ...checked, ...Object.fromEntries(cleared.map((key) => [key, null])) };
}

/** Custom fields with others laid over them; `null` clears. */
export function mergeFields(current: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries({ ...current, ...over }).filter(([, value]) => value !== null));
}
