import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { PageKey, SearchIndex } from "../../../services/search/engine/index-types.ts";
import { openSearchIndex } from "../../../services/search/engine/search-index.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { AGENTS, article, body, STAFF, TENANT, ticket } from "./documents.ts";

const folder = mkdtempSync(join(tmpdir(), "search-index-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let index: SearchIndex;
let file: string;
let files = 0;
beforeEach(() => {
	file = join(folder, `${files++}.db`);
	index = openSearchIndex({ file });
});
afterEach(() => index.close());

const find = (query: string) =>
	index.search({ kind: "ticket", tenantId: TENANT, query, scope: STAFF, limit: 20, count: true });
const found = (query: string) => find(query).hits.map(({ id }) => id);

/** How many rows each table of the file has: what is left behind shows here. */
function rows(): Record<string, number> {
	const database = new DatabaseSync(file, { readOnly: true });
	const tables = ["entries", "ranges", "texts", "sections", "terms", "words", "deletes"];
	const count = (table: string) => (database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
	const counts = Object.fromEntries(tables.map((table) => [table, count(table)]));
	database.close();
	return counts;
}

describe("versions", () => {
	it("never go back", () => {
		index.put("ticket", [ticket("t", { version: 2, subject: "newer" })]);
		index.put("ticket", [ticket("t", { version: 1, subject: "older" })]);
		expect(found("newer")).toEqual(["t"]);
		expect(found("older")).toEqual([]);
		expect(index.versionOf("ticket", TENANT, "t")).toBe(2);
	});

	it("take what is said at the same version", () => {
		index.put("ticket", [ticket("t", { subject: "first" })]);
		index.put("ticket", [ticket("t", { subject: "second" })]);
		expect([found("first"), found("second")]).toEqual([[], ["t"]]);
	});

	it("of what was removed do not bring it back, a later one does", () => {
		index.put("ticket", [ticket("t", { version: 3, subject: "hello" })]);
		index.remove("ticket", TENANT, ["t", "never-was"]);
		index.put("ticket", [ticket("t", { version: 3, subject: "hello" })]);
		expect(found("hello")).toEqual([]);
		expect(index.versionOf("ticket", TENANT, "t")).toBe(3);
		index.put("ticket", [ticket("t", { version: 4, subject: "hello" })]);
		expect(found("hello")).toEqual(["t"]);
	});

	it("that are gone remove it", () => {
		index.put("ticket", [ticket("t", { subject: "hello" })]);
		index.put("ticket", [ticket("t", { version: 2, gone: true, subject: "hello" })]);
		expect(find("hello")).toMatchObject({ hits: [], total: 0 });
	});
});

describe("what was removed", () => {
	it("leaves no text, word or spelling behind", () => {
		const before = rows();
		index.put("ticket", [ticket("t", { subject: "Zanzibar holiday", publicMessages: ["confidential words"] })]);
		index.put("article", [article("a", { title: "Reset", sections: body("some words", "more of them") })]);
		expect(rows().terms).toBeGreaterThan(before.terms ?? 0);
		index.remove("ticket", TENANT, ["t"]);
		index.remove("article", TENANT, ["a"]);
		expect(rows()).toEqual(before);
	});

	it("keeps the spelling of words that other tenants have, and only those find them", () => {
		index.put("ticket", [ticket("a", { subject: "holiday" }), ticket("b", { tenantId: "b", subject: "holiday" })]);
		index.remove("ticket", TENANT, ["a"]);
		expect(found("holidya")).toEqual([]);
		const query = { kind: "ticket", tenantId: "b", query: "holidya", scope: STAFF, limit: 5 } as const;
		expect(index.search(query).hits.map(({ id }) => id)).toEqual(["b"]);
	});

	it("keeps words that others have", () => {
		index.put("ticket", [ticket("a", { subject: "holiday" }), ticket("b", { subject: "holiday" })]);
		index.remove("ticket", TENANT, ["a"]);
		expect(found("holidya")).toEqual(["b"]);
	});

	it("of an article are the languages no longer named", () => {
		const both = [article("a", { locale: "en", title: "Morning" }), article("a", { locale: "de", title: "Guten Tag" })];
		index.put("article", both);
		index.put("article", [article("a", { version: 2, locale: "de", title: "Guten Tag" })]);
		const search = (query: string, locale: string) =>
			index.search({ kind: "article", tenantId: TENANT, query, scope: AGENTS, locale, limit: 5, count: true }).total;
		expect([search("morning", "en"), search("guten", "de"), search("guten", "en")]).toEqual([0, 1, 1]);
		expect(index.status().entries.article).toBe(1);
	});
});

describe("a transaction", () => {
	it("is all or nothing", () => {
		index.put("ticket", [ticket("kept", { subject: "kept" })]);
		expect(() =>
			index.transaction(() => {
				index.put("ticket", [ticket("lost", { subject: "lost" })]);
				index.setNote("place", "5");
				throw new Error("stopped");
			}),
		).toThrow("stopped");
		expect([found("lost"), found("kept"), index.note("place")]).toEqual([[], ["kept"], null]);
		index.put("ticket", [ticket("lost", { subject: "lost" })]);
		expect(found("lost")).toEqual(["lost"]);
	});
});

describe("the file", () => {
	const reopen = () => {
		index.close();
		index = openSearchIndex({ file, clock: manualClock("2026-02-03T04:05:06.000Z") });
	};

	it("keeps everything over a restart", () => {
		index.put("ticket", [ticket("t", { subject: "hello" })]);
		index.setNote("place", "5");
		index.build().finish();
		reopen();
		expect(found("helo")).toEqual(["t"]);
		expect(index.note("place")).toBe("5");
		const entries = { ticket: 1, customer: 0, article: 0 };
		expect(index.status()).toMatchObject({ state: "ready", entries });
		index.build().finish();
		expect(index.status().builtAt).toBe("2026-02-03T04:05:06.000Z");
	});

	it.each([
		["no database", () => writeFileSync(file, "this is no database at all, only a text of some length")],
		["empty", () => writeFileSync(file, "")],
		[
			"of an older form",
			() => {
				const database = new DatabaseSync(file);
				database.exec("PRAGMA user_version = 999");
				database.close();
			},
		],
		["cut off", () => writeFileSync(file, Buffer.alloc(20_000, 7))],
	])("that is %s is made anew", (_, damage) => {
		index.put("ticket", [ticket("t", { subject: "hello" })]);
		index.build().finish();
		index.close();
		damage();
		reopen();
		expect(index.status()).toMatchObject({ state: "new", entries: { ticket: 0 }, builtAt: null });
		index.put("ticket", [ticket("t", { subject: "hello" })]);
		expect(found("hello")).toEqual(["t"]);
	});

	it("can be thrown away", () => {
		index.put("ticket", [ticket("t", { subject: "hello" })]);
		index.clear();
		expect(index.status().state).toBe("new");
		expect(found("hello")).toEqual([]);
	});
});

describe("a build", () => {
	it("replaces what is there while it is searched, and sweeps what nobody named", () => {
		index.put(
			"ticket",
			["a", "b", "c"].map((id) => ticket(id, { subject: "hello" })),
		);
		const build = index.build();
		expect(index.status().state).toBe("building");
		index.put("ticket", [ticket("a", { subject: "hello" })]);
		// An event that comes in between, even of an old version, is a sign of life.
		index.put("ticket", [ticket("b", { version: 0, subject: "older" })]);
		expect(found("hello")).toHaveLength(3);
		while (build.sweep("ticket"));
		build.finish();
		expect(found("hello").sort()).toEqual(["a", "b"]);
		expect(index.status().state).toBe("ready");
	});

	it("goes on after a stop where it was", () => {
		index.put("ticket", [ticket("old", { subject: "hello" })]);
		index.build();
		index.put("ticket", [ticket("seen", { subject: "hello" })]);
		index.close();
		index = openSearchIndex({ file });
		expect(index.status().state).toBe("building");
		const build = index.build();
		while (build.sweep("ticket"));
		build.finish();
		expect(found("hello")).toEqual(["seen"]);
	});
});

describe("pages", () => {
	const page = (query: string, cursor?: PageKey) =>
		index.search({ kind: "ticket", tenantId: TENANT, query, scope: STAFF, limit: 7, ...(cursor ? { cursor } : {}) });

	function allPages(query: string, between: (pages: number) => void = () => undefined): string[] {
		const ids: string[] = [];
		let next: PageKey | undefined;
		for (let pages = 1; ; pages++) {
			const { hits, nextKey } = page(query, next);
			ids.push(...hits.map(({ id }) => id));
			if (nextKey === null) return ids;
			next = JSON.parse(JSON.stringify(nextKey)) as PageKey;
			between(pages);
		}
	}
	const fill = (count: number) =>
		index.put(
			"ticket",
			Array.from({ length: count }, (_, n) =>
				ticket(`t${n}`, {
					number: n + 1,
					subject: ["printer", "printer ink", "ink", "paper"][n % 4] as string,
					publicMessages: ["printer ".repeat(n % 5), "ink ".repeat(n % 3)],
					updatedAt: new Date(Date.UTC(2026, 0, 1 + (n % 10))).toISOString(),
				}),
			),
		);

	it("are the one long list, cut", () => {
		fill(60);
		for (const query of ["printer", "printer ink", "ink zzz", "status:open", "-paper"]) {
			const all = index.search({ kind: "ticket", tenantId: TENANT, query, scope: STAFF, limit: 100, count: true });
			expect(allPages(query)).toEqual(all.hits.map(({ id }) => id));
			expect(all.total).toBe(all.hits.length);
		}
	});

	it("stay as they are while tickets are added", () => {
		fill(60);
		for (const query of ["printer ink", "ink zzz", "printer"]) {
			const before = allPages(query);
			const during = allPages(query, (pages) => {
				const added = { subject: "printer printer ink ink zzz", number: 1000 + pages };
				index.put("ticket", [ticket(`${query} ${pages}`, added)]);
			});
			expect(during).toEqual(before);
		}
	});

	it("go on after many thousand", () => {
		const count = 3200;
		index.transaction(() => {
			for (let n = 0; n < count; n++)
				index.put("ticket", [ticket(`t${n}`, { number: n + 1, publicMessages: ["same"] })]);
		});
		index.put("ticket", [ticket("subject", { number: 9, subject: "same" })]);
		const ids: string[] = [];
		let cursor: PageKey | undefined;
		do {
			const query = { kind: "ticket", tenantId: TENANT, query: "same", scope: STAFF, limit: 500, count: true } as const;
			const result = index.search({ ...query, ...(cursor ? { cursor } : {}) });
			expect(result.total).toBe(count + 1);
			ids.push(...result.hits.map(({ id }) => id));
			cursor = result.nextKey ?? undefined;
		} while (cursor);
		expect(ids[0]).toBe("subject");
		expect(ids).toHaveLength(count + 1);
		expect(new Set(ids).size).toBe(count + 1);
	});

	it.each([[[]], [[2, 0, 1]], [[1, 0, 5, -1, "x", 0, "id"]], [["a"]]])("refuse a key that is none: %j", (cursor) => {
		expect(() => page("printer", cursor as PageKey)).toThrow(
			expect.objectContaining({ code: 400, type: "invalid_cursor" }),
		);
	});
});
