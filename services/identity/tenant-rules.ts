import type { CallerTenant } from "../../contracts/caller.ts";
import { DEFAULT_SETTINGS, type TenantSettings } from "../../contracts/tenant-settings.ts";
import { canonicalLocale } from "../../lib/locale.ts";
import { mergePatch } from "../../lib/merge-patch.ts";
import { invalidField } from "../../lib/problem.ts";
import { isTimeZone } from "../../lib/time-zone.ts";
import type { Tenant } from "../../models/tenant.ts";

/** Slugs that would read as a part of the product, its mail or its operator. */
const RESERVED = new Set(
	(
		"about abuse account accounts admin administrator api app apps assets auth billing blog cdn conductor console " +
		"dashboard dev docs download email files ftp graphql health help hostmaster identity imap internal jobs legal " +
		"localhost login logout mail me metrics news none null oauth oidc openapi ops owner platform postmaster privacy " +
		"public register root security session settings signin signup smtp sso staff staging static status support system " +
		"tenant tenants terms test undefined user users webhook webhooks webmaster www"
	).split(" "),
);

/** Throws 422 for a slug that nobody may take. */
export function checkSlug(slug: string): void {
	if (RESERVED.has(slug)) throw invalidField("/slug", "This name is reserved.", "reserved");
}

/** The settings in force: the defaults with the tenant's own over them. */
export function settingsOf(tenant: Pick<Tenant, "settings">): TenantSettings {
	return mergePatch(DEFAULT_SETTINGS, tenant.settings) as TenantSettings;
}

/** The stored settings after a patch: a setting that is null goes back to its default. */
export function patchedSettings(stored: Tenant["settings"], patch: object | undefined): Tenant["settings"] {
	return mergePatch(stored, patch ?? {}) as Tenant["settings"];
}

/** A tenant as its callers know it. */
export function callerTenant(tenant: Tenant): CallerTenant {
	const { _id, slug, name, status, locale, timeZone } = tenant;
	return { id: _id, slug, name, status, locale, timeZone, settings: settingsOf(tenant) };
}

/** A language tag in canonical spelling. Throws 422 at the pointer for one that BCP 47 does not know. */
export function localeAt(pointer: string, tag: string): string {
	const canonical = canonicalLocale(tag);
	if (canonical === null) throw invalidField(pointer, "This is no language tag such as en or de-AT.", "locale");
	return canonical;
}

/** Throws 422 at the pointer for a time zone that there is not. */
export function timeZoneAt(pointer: string, name: string): string {
	if (!isTimeZone(name)) throw invalidField(pointer, "This is no time zone such as Europe/Berlin.", "time_zone");
	return name;
}

interface Languages {
	locale: string;
	locales: string[];
}

/**
 * The tenant's languages after a change. The default language is always one of them: naming a new default adds it,
 * leaving the default out of the list is refused.
 */
export function changedLanguages(before: Languages, change: Partial<Languages>): Languages {
	const locale = change.locale === undefined ? before.locale : localeAt("/locale", change.locale);
	const listed = change.locales?.map((tag, index) => localeAt(`/locales/${index}`, tag));
	const locales = [...new Set(listed ?? before.locales)];
	if (locales.includes(locale)) return { locale, locales };
	if (listed && change.locale === undefined)
		throw invalidField("/locales", `The default language ${locale} has to be among them.`, "default_missing");
	return { locale, locales: [locale, ...locales] };
}
