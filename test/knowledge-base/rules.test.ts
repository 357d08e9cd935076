import fc from "fast-check";
import { articleStatuses } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import type { Visibility } from "../../models/category.ts";
import { derived } from "../../services/knowledge-base/article-record.ts";
import {
	afterPublishing,
	afterStep,
	type Step,
	statusAfter,
	stepTo,
} from "../../services/knowledge-base/article-states.ts";
import { deriveTree, MAX_DEPTH, treeKeys } from "../../services/knowledge-base/category-tree.ts";
import { acceptable } from "../../services/knowledge-base/locales.ts";
import { pageOf } from "../../services/knowledge-base/page-of.ts";
import { candidates, firstFree } from "../../services/knowledge-base/slugs.ts";
import { stricter } from "../../services/knowledge-base/visibility.ts";

const seeded = { seed: 20250115, numRuns: 300 };
const visibilities: Visibility[] = ["public", "customers", "agents"];
const visibility = fc.constantFrom(...visibilities);

const translation: ArticleTranslation = {
	...{ _id: "t", tenantId: "x", articleId: "a", locale: "en", slug: "s", slugChosen: false, status: "draft" },
	...{ version: 1, createdAt: new Date(0), updatedAt: new Date(0), outdated: false },
	...{ publishAt: null, publishVersionNo: null, publishedAt: null, archivedAt: null, publishedVersionNo: null },
	...{ draftVersionNo: 1, saves: 1, draft: { title: "T", summary: null }, published: null },
};

describe("states", () => {
	const steps: Step[] = ["submit", "withdraw", "publish", "unpublish", "archive", "restore"];

	test("any walk keeps what readers have in line with the status", () => {
		fc.assert(
			fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 12 }), (walk) => {
				let now = translation;
				for (const [i, step] of walk.entries()) {
					const version = { title: "T", summary: null, versionNo: i };
					const take = () =>
						step === "publish" ? afterPublishing(now, version, new Date(i)) : afterStep(now, step, new Date(i));
					if (statusAfter(now.status, step) === null) {
						expect(take).toThrow(/cannot/);
						continue;
					}
					now = take();
					const read = now.status === "published";
					expect([now.published !== null, now.publishedVersionNo !== null, now.publishedAt !== null]).toEqual([
						read,
						read,
						read,
					]);
					expect(now.archivedAt !== null).toBe(now.status === "archived");
				}
			}),
			seeded,
		);
	});

	test("a status that is named is reached by one step, or cannot be reached", () => {
		for (const from of articleStatuses)
			for (const to of articleStatuses) {
				const step = stepTo(from, to);
				const reached = step === null ? from : statusAfter(from, step);
				expect([to, null]).toContain(reached);
			}
		expect(stepTo("published", "published")).toBe("publish");
	});
});

test("the stricter visibility is the one that fewer see, whichever comes first", () => {
	fc.assert(
		fc.property(visibility, visibility, (one, other) => {
			const found = stricter(one, other);
			expect(found).toBe(stricter(other, one));
			expect(visibilities.indexOf(found)).toBe(Math.max(visibilities.indexOf(one), visibilities.indexOf(other)));
		}),
		seeded,
	);
});

describe("the tree", () => {
	/** Each category is below an earlier one, at random. */
	const forest = fc
		.array(fc.record({ parent: fc.nat(), visibility, order: fc.nat(9) }), { maxLength: 12 })
		.map((rows) =>
			rows.map((row, i) => ({
				...{ _id: `c${i}`, visibility: row.visibility, order: row.order },
				parentId: i === 0 || row.parent % (i + 1) === i ? null : `c${row.parent % (i + 1)}`,
			})),
		);

	test("gives each category the way to it and the strictest visibility on it, or is too deep", () => {
		fc.assert(
			fc.property(forest, (categories) => {
				const byId = new Map(categories.map((one) => [one._id, one]));
				const wayTo = (id: string | null): string[] =>
					id === null ? [] : [...wayTo(byId.get(id)?.parentId ?? null), id];
				const ways = categories.map(({ _id }) => wayTo(_id));
				if (ways.some((way) => way.length > MAX_DEPTH)) {
					expect(() => deriveTree(categories)).toThrow(/levels deep/);
					return;
				}
				const found = deriveTree(categories);
				for (const way of ways) {
					const strictest = way.map((id) => byId.get(id)?.visibility ?? "public").reduce(stricter);
					expect(found.get(way.at(-1) ?? "")).toEqual({ path: way.slice(0, -1), effectiveVisibility: strictest });
				}
			}),
			seeded,
		);
	});

	test("with a circle anywhere is refused", () => {
		fc.assert(
			fc.property(forest, fc.integer({ min: 1, max: 4 }), (categories, length) => {
				const circle = Array.from({ length }, (_, i) => ({
					...{ _id: `x${i}`, parentId: `x${(i + 1) % length}`, visibility: "public" as const },
				}));
				expect(() => deriveTree([...categories.filter(({ parentId }) => parentId === null), ...circle])).toThrow(
					/below itself/,
				);
			}),
			seeded,
		);
	});

	test("is read with each category before those below it and siblings by their order", () => {
		fc.assert(
			fc.property(forest, (categories) => {
				if (categories.length === 0) return;
				let placed: ReturnType<typeof deriveTree>;
				try {
					placed = deriveTree(categories);
				} catch {
					return;
				}
				const keys = treeKeys(categories.map((one) => ({ ...one, path: placed.get(one._id)?.path ?? [] })));
				for (const one of categories)
					for (const other of categories) {
						const [a, b] = [keys.get(one._id) ?? "", keys.get(other._id) ?? ""];
						if (other.parentId === one._id) expect(a < b).toBe(true);
						if (one.parentId === other.parentId && one.order < other.order) expect(a < b).toBe(true);
					}
			}),
			seeded,
		);
	});
});

describe("slugs", () => {
	test("are the first that nobody has, at most 80 characters long", async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 1, max: 80 }), async (taken, length) => {
				const base = "x".repeat(length);
				const others = new Set(candidates(base, 1, taken));
				const slug = await firstFree(base, async (some) => new Set(some.filter((one) => others.has(one))));
				expect(others.has(slug)).toBe(false);
				expect(slug).toBe(candidates(base, taken + 1, 1)[0]);
				expect(slug.length).toBeLessThanOrEqual(80);
			}),
			{ ...seeded, numRuns: 60 },
		);
		expect(candidates("a", 1, 3)).toEqual(["a", "a-2", "a-3"]);
	});
});

test.each([
	["de-at", ["de-AT", "de"]],
	["zh-Hant-TW", ["zh-Hant-TW", "zh-Hant", "zh"]],
	["en-a-bb", ["en-a-bb", "en"]],
	["_", []],
])("%s is also met by %j", (tag, expected) => {
	expect(acceptable(tag)).toEqual(expected);
});

test("what is derived of an article tells whether anybody reads it, and by what it is sorted", () => {
	const read = { ...translation, locale: "de", published: { title: "Übung", summary: null }, publishedAt: new Date(5) };
	const article = { defaultLocale: "en", effectiveVisibility: "customers" } as const;
	expect(derived(article, [translation])).toMatchObject({
		reach: "nobody",
		publishedAt: null,
		publishedLocales: [],
		titleKey: "t",
	});
	expect(derived(article, [translation, { ...read, status: "published" }])).toMatchObject({
		...{
			reach: "customers",
			publishedAt: new Date(5),
			publishedLocales: ["de"],
			locales: ["de", "en"],
			titleKey: "übung",
		},
		states: ["de published", "draft", "en draft", "published"],
	});
});

test("pages of rows at hand are those of the whole list, in either direction", () => {
	const spec = { filters: {}, sorts: ["name"], defaultSort: "name" };
	const at = { binding: ["x"], secret: "s" };
	fc.assert(
		fc.property(
			fc.array(fc.nat(4), { maxLength: 15 }),
			fc.integer({ min: 1, max: 5 }),
			fc.boolean(),
			(values, limit, down) => {
				const rows = values.map((name, i) => ({
					id: `r${String(i).padStart(2, "0")}`,
					keys: { name },
					row: `${name} ${i}`,
				}));
				const sort = down ? "-name" : "name";
				const whole = pageOf(rows, spec, { sort, limit: 100 }, at).data;
				const forwards: string[] = [];
				let params: { sort: string; limit: number; cursor?: string } = { sort, limit };
				let last = pageOf(rows, spec, params, at);
				for (;;) {
					forwards.push(...last.data);
					if (last.page.nextCursor === null) break;
					params = { sort, limit, cursor: last.page.nextCursor };
					last = pageOf(rows, spec, params, at);
				}
				expect(forwards).toEqual(whole);
				const backwards = [...last.data];
				while (last.page.prevCursor !== null) {
					last = pageOf(rows, spec, { sort, limit, cursor: last.page.prevCursor }, at);
					backwards.unshift(...last.data);
				}
				expect(backwards).toEqual(whole);
			},
		),
		seeded,
	);
});
