import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { apiOf } from "../../scripts/api-client.ts";
import { readArticle } from "../knowledge-base/text/allow-list.ts";
import { type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { type HelpCenter, type PageFile, readHelpCenter } from "../support/help-center-files.ts";
import { type Account, type Imported, importHelpCenter, someArticles } from "../support/import-help-center.ts";
import { manualClock } from "../support/manual-clock.ts";

/*
 * A help centre goes in through the public API: every file is accounted for, every article is in its category, in each of
 * its languages, clean, readable without signing in, and found by its own words.
 */

const REAL = path.resolve(import.meta.dirname, "../../../shared/data/help-center");
/** Enough for every oddity, few enough for a quick test. `HELP_CENTER=all` takes them all. */
const SOME = process.env.HELP_CENTER === "all" ? null : 8;
/** milliseconds for a check of everything */
const PATIENCE = SOME === null ? 1_200_000 : 120_000;

/** A help centre of our own with the oddities of a real one, also for machines that do not have that. */
const OWN: Record<string, string> = {
	"en/intro.md":
		"---\ntitle: Welcome\nsidebar_position: 1\nslug: /\n---\n\nSee [setup](/guides/setup.md#on-windows).\n",
	"de/intro.md":
		"---\ntitle: Willkommen\n---\n\nSiehe [Einrichtung](guides/setup#windows) und [mehr](/guides/only-german).\n",
	"en/guides/_category_.json": '{"position": 2.5, "label": "Guides"}',
	"de/guides/guides.md":
		"---\ntitle: Anleitungen\n---\n\nAlle Anleitungen: [einrichten](setup), [nichts](/guides/gone).\n",
	"en/guides/guides.md": "---\ntitle: All guides\n---\n\n[Back](../) [Setup](./setup.md) [Other](../intro)\n",
	"en/guides/setup.md":
		'---\ntitle: "Setup: first steps"\nsidebar_position: 1.5\n---\nimport X from "@site/x";\n\n## On Windows {#windows}\n\n' +
		":::note Mind <b>this</b>\n\nAn *aside*.\n\n:::\n\n- a\n\n    :::tip\n\n    in a list\n\n    :::\n\n```html\n" +
		':::note\n<iframe src="x">\n{#kept}\n```\n\n<iframe src="https://video.example/1" title="A film"></iframe>\n\n' +
		"<details><summary>More</summary>\n\n[up](#windows) [bad](javascript:alert(1)) `[no](/link)` ![p](/img/a.png)\n\n</details>\n" +
		"![q](https://pictures.example/q.png) a<br/>b\n\n<script>alert(1)</script>\n",
	"de/guides/setup.md": "---\ntitle: Einrichtung\n---\n\n## Unter Windows {#windows}\n\nZahnradsymbol drücken.\n",
	"de/guides/only-german.md": "---\ntitle: Nur auf Deutsch\n---\n\nFeinstaubplakette, siehe [intro](../intro.md).\n",
	"de/guides/empty.md": "---\ntitle: Leer\nunlisted: true\n---\n",
	"de/guides/deep/_category_.json": "",
	"de/guides/deep/well.mdx": "# Tief\n\n:::warning\n\nOhne Ende\n\n## Danach\n\nText\n",
	"en/long.md": `---\ntitle: ${"x".repeat(300)}\n---\n\nToo long a title\n`,
	"en/logo.svg": "<svg/>",
	"README.txt": "not a page",
};

let own: string;
const clock = manualClock();
let desk: Desk;

beforeAll(async () => {
	desk = await startDesk({ clock });
	own = mkdtempSync(path.join(tmpdir(), "help-center-"));
	for (const [file, text] of Object.entries(OWN)) {
		mkdirSync(path.dirname(path.join(own, file)), { recursive: true });
		writeFileSync(path.join(own, file), text);
	}
}, 60_000);
afterAll(async () => {
	await desk?.stop();
	rmSync(own, { recursive: true, force: true });
});

interface Shown {
	id: string;
	title: string;
	slug: string;
	locale: string;
	isFallback: boolean;
	availableLocales: string[];
	bodyHtml: string;
	plainText: string;
	headings: { anchor: string }[];
	category: { id: string; name: string } | null;
}

interface Tried {
	center: HelpCenter;
	imported: Imported;
	tenant: DeskTenant;
	/** what is written in a file that is shown, with where it is shown */
	published: { page: PageFile; id: string }[];
	/** asks the help centre, as somebody who has not signed in */
	visit<T>(route: string): Promise<{ status: number; headers: Headers; body: T }>;
}

async function tryImport(center: HelpCenter): Promise<Tried> {
	const tenant = await desk.tenant();
	const { body } = await tenant.as.owner<{ token: string }>("POST", "/tokens", {
		body: { name: "help centre", userId: tenant.userIds.owner },
	});
	const imported = await importHelpCenter(apiOf(desk.origin, body.token), center);
	const accounts = new Map(imported.files.map((account) => [account.file, account]));
	const published = center.pages.flatMap((page) => {
		const { id = null, reason = null } = accounts.get(page.file) ?? {};
		return id !== null && reason === null ? [{ page, id }] : [];
	});
	const visit = async <T>(route: string): Promise<{ status: number; headers: Headers; body: T }> => {
		for (;;) {
			const answer = await desk.anonymous<T>("GET", `/help/${tenant.slug}${route}`);
			if (answer.status !== 429) return answer;
			// A visitor who reads everything is told to wait now and then.
			clock.advance(Number(answer.headers.get("retry-after")) * 1_000);
		}
	};
	return { center, imported, tenant, published, visit };
}

const fileNames = ({ pages, categories, others }: HelpCenter): string[] =>
	[...pages, ...categories, ...others].map((each) => each.file).sort();

/** What must hold of any help centre. */
function checks(get: () => Tried): void {
	test("every file is accounted for, once, and nothing is refused without a reason", () => {
		const { center, imported } = get();
		expect(imported.files.map((account) => account.file).sort()).toEqual(fileNames(center));
		for (const { became, id, reason } of imported.files) {
			expect(became === "refused").toBe(id === null);
			if (became === "refused") expect(reason).not.toBe(null);
		}
		const articles = new Map<string, Account[]>();
		for (const account of imported.files)
			if (account.became === "article" || account.became === "translation")
				articles.set(account.id as string, [...(articles.get(account.id as string) ?? []), account]);
		for (const accounts of articles.values()) {
			const below = new Set(accounts.map(({ file, locale }) => file.slice((locale as string).length)));
			expect(below.size).toBe(1);
			expect(accounts.filter(({ became }) => became === "article")).toHaveLength(1);
		}
	});

	test(
		"each is read without signing in, in its language, in its category, clean",
		async () => {
			const { imported, published, visit } = get();
			for (const { page, id } of published) {
				const { status, headers, body } = await visit<Shown>(`/articles/${id}?locale=${page.locale}`);
				expect({ file: page.file, status }).toEqual({ file: page.file, status: 200 });
				expect(body).toMatchObject({ title: page.title, locale: page.locale, isFallback: false });
				expect(headers.get("content-language")).toBe(page.locale);
				expect(body.availableLocales).toContain(page.locale);
				expect(body.category?.id ?? null).toBe(imported.categories.get(page.folder) ?? null);
				const { wrong, ids } = readArticle(body.bodyHtml);
				expect({ file: page.file, wrong }).toEqual({ file: page.file, wrong: [] });
				expect(ids).toEqual(body.headings.map(({ anchor }) => anchor));

				const bySlug = await visit<Shown>(`/articles/by-slug/${page.locale}/${encodeURIComponent(body.slug)}`);
				expect(bySlug.body).toMatchObject({ id, locale: page.locale, title: page.title });
			}
		},
		PATIENCE,
	);

	test(
		"links between articles lead to articles, and to headings that are there",
		async () => {
			const { published, visit } = get();
			const known = new Map<string, Shown>();
			const show = async (route: string): Promise<Shown | null> => {
				const found = known.get(route) ?? null;
				if (found) return found;
				const { status, body } = await visit<Shown>(route);
				if (status === 200) known.set(route, body);
				return status === 200 ? body : null;
			};
			for (const { page, id } of published) {
				const article = (await show(`/articles/${id}?locale=${page.locale}`)) as Shown;
				for (const link of readArticle(article.bodyHtml).links) {
					if (/^[a-z]+:/i.test(link)) continue;
					const from = `https://desk.invalid/articles/by-slug/${page.locale}/${article.slug}`;
					const { pathname, hash } = new URL(link, from);
					const target = await show(pathname);
					expect({ file: page.file, link, there: target !== null }).toEqual({ file: page.file, link, there: true });
					if (hash !== "")
						expect((target as Shown).headings.map(({ anchor }) => anchor)).toContain(decodeURI(hash.slice(1)));
				}
			}
		},
		PATIENCE,
	);

	test(
		"each is found by the words of its title, in its language",
		async () => {
			const { published, visit } = get();
			const titles = Map.groupBy(published, ({ page }) => `${page.locale} ${page.title.toLowerCase()}`);
			const missed: string[] = [];
			await visit("/search?q=first&consistency=wait");
			for (const [{ page, id }] of [...titles.values()].filter((some) => some.length === 1) as [
				Tried["published"][0],
			][]) {
				const words = page.title.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
				const q = encodeURIComponent(words.slice(0, 12).join(" "));
				const { status, body } = await visit<{ data: Shown[] }>(`/search?q=${q}&locale=${page.locale}&limit=20`);
				expect({ title: page.title, status }).toEqual({ title: page.title, status: 200 });
				const hit = body.data.find((article) => article.id === id);
				if (hit?.locale !== page.locale) missed.push(`${page.locale} ${page.title}`);
			}
			// A title of words that are in every article, and nothing else, is not told from the others.
			expect({ missed, few: missed.length <= published.length / 100 }).toEqual({ missed, few: true });
		},
		PATIENCE,
	);
}

describe("a small help centre with the oddities of a real one", () => {
	let tried: Tried;
	beforeAll(async () => {
		tried = await tryImport(readHelpCenter(own));
	}, 60_000);
	checks(() => tried);

	const accountOf = (file: string) => tried.imported.files.find((account) => account.file === file);
	const read = async (file: string): Promise<Shown> => {
		const { id, locale } = accountOf(file) as Account;
		return (await tried.visit<Shown>(`/articles/${id}?locale=${locale}`)).body;
	};

	test("what cannot go in is refused for the reason it has", () => {
		const refused = tried.imported.files.filter(({ became }) => became === "refused");
		expect(Object.fromEntries(refused.map(({ file, reason }) => [file, reason]))).toEqual({
			"README.txt": "is in no language's folder",
			"de/guides/deep/_category_.json": expect.stringMatching(/^cannot be read: /),
			"en/logo.svg": "is neither a page nor names a category",
			"en/long.md": expect.stringMatching(/^4(00|22) /),
		});
		expect(accountOf("de/guides/empty.md")).toMatchObject({
			became: "article",
			reason: "has no text, so it is a draft",
		});
	});

	test("categories have the names of their files, else of the pages that stand for them, and their places", async () => {
		const { body } = await tried.tenant.as.owner<{ data: Record<string, unknown>[] }>(
			"GET",
			"/knowledge-base/categories?locale=de",
		);
		const { categories } = tried.imported;
		expect(body.data).toMatchObject([
			{ id: categories.get("guides"), name: "Anleitungen", slug: "guides", order: 250, parentId: null },
			{ id: categories.get("guides/deep"), name: "deep", parentId: categories.get("guides") },
		]);
	});

	test("what Docusaurus adds to Markdown is said in plain Markdown", async () => {
		const { bodyHtml } = await read("en/guides/setup.md");
		const link = (href: string, text: string) => `<a href="${href}" rel="nofollow noopener noreferrer">${text}</a>`;
		expect(bodyHtml).not.toContain("@site");
		expect(bodyHtml).toContain('<h2 id="h-on-windows">On Windows</h2>');
		expect(bodyHtml).toMatch(
			/<blockquote>\s*<p><strong>Mind &lt;b&gt;this&lt;\/b&gt;<\/strong><\/p>\s*<p>An <em>aside<\/em>/,
		);
		expect(bodyHtml).toMatch(/<li>\s*<p>a<\/p>\s*<blockquote>\s*<p>in a list<\/p>\s*<\/blockquote>\s*<\/li>/);
		expect(bodyHtml).toContain(':::note\n&lt;iframe src="x"&gt;\n{#kept}');
		expect(bodyHtml).toContain(link("https://video.example/1", "A film"));
		expect(bodyHtml).toContain("<strong>More</strong>");
		expect(bodyHtml).toContain('<a href="#h-on-windows">up</a> bad <code>[no](/link)</code> p');
		expect(bodyHtml).toContain('<img src="https://pictures.example/q.png" alt="q" /> a b');
		expect(bodyHtml).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
		expect((await read("de/guides/deep/well.mdx")).bodyHtml).toMatch(/<\/blockquote>\s*<h2 id="h-danach">/);
	});

	test("links lead to the article of the same language, else to that of another; what leads nowhere is text", async () => {
		const links = async (file: string) => readArticle((await read(file)).bodyHtml).links;
		expect(await links("en/intro.md")).toEqual(["guides-setup#h-on-windows"]);
		expect(await links("de/intro.md")).toEqual(["guides-setup#h-unter-windows", "guides-only-german"]);
		expect(await links("de/guides/guides.md")).toEqual(["guides-setup"]);
		expect(await links("en/guides/guides.md")).toEqual(["guides-setup", "intro"]);
		expect(tried.imported.links.refused).toBeGreaterThan(2);
	});
});

const describeReal = existsSync(REAL) ? describe : describe.skip;

describeReal("a real help centre (skipped where ../shared/data/help-center is not there)", () => {
	let tried: Tried;
	beforeAll(async () => {
		tried = await tryImport(SOME === null ? readHelpCenter(REAL) : someArticles(readHelpCenter(REAL), SOME));
	}, PATIENCE);
	checks(() => tried);

	test("all four languages are there", () => {
		const { published } = tried;
		const byLocale = Map.groupBy(published, ({ page }) => page.locale);
		expect([...byLocale.keys()].sort()).toEqual(["de", "en", "fr", "ja"]);
		for (const some of byLocale.values()) expect(some.length).toBeGreaterThanOrEqual(SOME ?? 25);
	});
});
