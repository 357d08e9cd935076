import fc from "fast-check";
import { type LocaleWishes, negotiateLocale } from "../../lib/locale-negotiation.ts";

const available = ["en", "de", "pt-BR", "zh-Hant", "ja"];
const from = (wishes: Partial<LocaleWishes>) => negotiateLocale({ article: "en", available, ...wishes });

test.each<[Partial<LocaleWishes>, string, boolean]>([
	[{}, "en", false],
	[{ asked: "de" }, "de", false],
	[{ asked: "de-AT" }, "de", false],
	[{ asked: "DE_at" }, "de", false],
	[{ asked: "PT-br" }, "pt-BR", false],
	[{ asked: "zh-Hant-TW-x-private" }, "zh-Hant", false],
	[{ asked: "de-DE-u-co-phonebk" }, "de", false],
	[{ asked: "pt" }, "en", true],
	[{ asked: "fr" }, "en", true],
	[{ asked: "fr", acceptLanguage: "ja" }, "ja", true],
	[{ asked: "de", acceptLanguage: "ja", user: "en", tenant: "en" }, "de", false],
	[{ acceptLanguage: "ja", user: "de", tenant: "en" }, "ja", false],
	[{ acceptLanguage: "fr", user: "de-CH", tenant: "ja" }, "de", true],
	[{ user: "de", tenant: "ja" }, "de", false],
	[{ tenant: "ja" }, "ja", false],
	[{ user: "fr", tenant: "ja" }, "ja", true],
	[{ user: "fr", tenant: "es" }, "en", true],
	[{ acceptLanguage: "fr, de;q=0.5, ja;q=0.8" }, "ja", false],
	[{ acceptLanguage: "de-AT;q=0.9, ja;q=0.8" }, "de", false],
	[{ acceptLanguage: "fr, *;q=0.1" }, "en", false],
	[{ acceptLanguage: "*" }, "en", false],
	[{ acceptLanguage: "de;q=0, fr" }, "en", true],
	[{ acceptLanguage: "de;q=0, ja;q=0.001" }, "ja", false],
	[{ acceptLanguage: "en;q=0, *" }, "de", false],
	[{ acceptLanguage: "en;q=0, de;q=0.0, *;q=0.5", user: "de" }, "pt-BR", false],
	[{ acceptLanguage: "de;q=0", user: "de-AT", tenant: "ja" }, "ja", true],
	[{ acceptLanguage: "pt;q=0", tenant: "pt-BR" }, "en", true],
	[{ acceptLanguage: "en;q=0", asked: "en" }, "en", false],
	[{ acceptLanguage: "de;q=0, de" }, "de", false],
	[{ acceptLanguage: "en;q=0", available: ["en"] }, "en", false],
	[{ acceptLanguage: "*;q=0, ja;q=0.1" }, "ja", false],
	[{ asked: "", acceptLanguage: "", user: null, tenant: "de" }, "de", false],
	[{ asked: "!!", acceptLanguage: ";;q=,,-=x;q=z" }, "en", true],
	[{ article: "fr" }, "en", true],
	[{ article: "fr", available: [] }, "fr", true],
])("%j is served %s (fallback: %s)", (wishes, locale, isFallback) => {
	expect(from(wishes)).toEqual({ locale, isFallback });
});

const ANY_TEXT = fc.oneof(
	fc.string({ unit: "binary", maxLength: 40 }),
	fc.stringMatching(/^[a-zA-Z0-9*;=,._ q-]{0,40}$/),
	fc.constantFrom("de-", "-", "--", "a-b-c-d", "x".repeat(5_000), "de,".repeat(3_000), "__proto__", "constructor"),
);

test("whatever is sent, one of those there are is served, and the one asked for is always served", () => {
	const wish = fc.option(ANY_TEXT, { nil: undefined });
	fc.assert(
		fc.property(
			fc.record({ asked: wish, acceptLanguage: wish, user: wish, tenant: wish }),
			fc.uniqueArray(fc.stringMatching(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/), {
				minLength: 1,
				maxLength: 6,
				selector: (tag) => tag.toLowerCase(),
			}),
			fc.nat(),
			(wishes, locales, pick) => {
				const one = locales[pick % locales.length] as string;
				expect(locales).toContain(negotiateLocale({ ...wishes, article: one, available: locales }).locale);
				for (const asked of [one, one.toUpperCase(), one.replaceAll("-", "_")])
					expect(negotiateLocale({ ...wishes, asked, article: "en", available: locales })).toEqual({
						locale: one,
						isFallback: false,
					});
			},
		),
		{ seed: 6, numRuns: 1_000 },
	);
});
