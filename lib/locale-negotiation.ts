import Negotiator from "negotiator";

/** Who wishes which language, strongest first, and which there are. Tags are BCP 47 in any spelling. */
export interface LocaleWishes {
	/** `?locale=` of the request */
	asked?: string | null | undefined;
	/** the request's header, q-values and all */
	acceptLanguage?: string | null | undefined;
	/** of the signed-in person */
	user?: string | null | undefined;
	/** the tenant's default */
	tenant?: string | null | undefined;
	/** the article's default */
	article: string;
	/** those it is there in */
	available: readonly string[];
}

/** Which language is served, and whether that is another than the strongest wish asked for. */
export interface NegotiatedLocale {
	/** as spelled in `available` */
	locale: string;
	isFallback: boolean;
}

const MAX_HEADER_LENGTH = 1_000;

const key = (tag: string): string => tag.trim().replaceAll("_", "-").toLowerCase();

/** The range without its last subtag, nor a single letter before that, which only announces it (`x`, `u`). */
function shorter(range: string): string {
	return range.replace(/(-[^-])?-[^-]*$/, "");
}

/** RFC 4647, 3.4: the range itself, else what is left of it when it is cut from its end. */
function lookUp(range: string, byKey: ReadonlyMap<string, string>): string | undefined {
	for (let rest = key(range); ; rest = shorter(rest)) {
		const found = byKey.get(rest);
		if (found !== undefined || !rest.includes("-")) return found;
	}
}

/** The ranges of the header, best first; those with `q=0` and those that are none are left out. */
function acceptedRanges(header: string | null | undefined): string[] {
	if (!header) return [];
	return new Negotiator({ headers: { "accept-language": header.slice(0, MAX_HEADER_LENGTH) } }).languages();
}

/** The ranges that the header refuses (`q=0`). That `*` is refused says no more than that nothing else is wished for. */
function refusedRanges(header: string | null | undefined): string[] {
	const parts = header?.slice(0, MAX_HEADER_LENGTH).split(",") ?? [];
	const found = parts.map((part) => /^\s*([A-Za-z0-9-]+)\s*;\s*q=0(?:\.0{0,3})?\s*$/i.exec(part)?.[1]);
	return found.filter((range) => range !== undefined).map(key);
}

/** Those that the header does not refuse; all where it refuses each, since one has to be served. */
function notRefused(available: readonly string[], header: string | null | undefined): readonly string[] {
	const refused = refusedRanges(header);
	const left = available.filter((locale) => !refused.some((range) => `${key(locale)}-`.startsWith(`${range}-`)));
	return left.length > 0 ? left : available;
}

/** All languages that are wished for, strongest first, where there is no one article to choose for. */
export function wishedLocales({
	asked,
	acceptLanguage,
	user,
	tenant,
}: Omit<LocaleWishes, "article" | "available">): string[] {
	const wishes = [asked, ...acceptedRanges(acceptLanguage), user, tenant];
	return [...new Set(wishes.filter((tag) => tag !== null && tag !== undefined))].filter((tag) => !/^\**$/.test(tag));
}

/**
 * Chooses the language to serve: the one asked for, else the best of `Accept-Language`, of the person, of the tenant, of
 * the article, each by lookup (RFC 4647: `de-AT` finds `de`). A language of `available` that is asked for is always
 * found. `isFallback` is false when the strongest wish was met (also `de-AT` by `de`, or any range of the header, or
 * where `*` takes all). One that the header refuses is served to who asks for it in other ways, or where there is no
 * other. Never throws, whatever it is given.
 */
export function negotiateLocale(wishes: LocaleWishes): NegotiatedLocale {
	const accepted = acceptedRanges(wishes.acceptLanguage);
	const willing = notRefused(wishes.available, wishes.acceptLanguage);
	const byKeyOf = (locales: readonly string[]) => new Map(locales.map((locale) => [key(locale), locale]));
	const [all, rest] = [byKeyOf(wishes.available), byKeyOf(willing)];
	const one = (tag: string | null | undefined): string[] => (tag && key(tag) !== "" ? [tag] : []);
	const voices = [one(wishes.asked), accepted, one(wishes.user), one(wishes.tenant), one(wishes.article)];
	const spoken = voices.filter((ranges) => ranges.length > 0);
	for (const [at, ranges] of spoken.entries()) {
		for (const range of ranges) {
			const locale = lookUp(range, range === wishes.asked || ranges === accepted ? all : rest);
			if (locale !== undefined) return { locale, isFallback: at > 0 && !spoken[0]?.includes("*") };
		}
	}
	return { locale: willing[0] ?? wishes.article, isFallback: !spoken[0]?.includes("*") };
}
