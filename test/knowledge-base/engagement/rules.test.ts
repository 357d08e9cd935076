import fc from "fast-check";
import type { Caller } from "../../../contracts/caller.ts";
import { InBatches } from "../../../services/knowledge-base/engagement/in-batches.ts";
import { joined, type Kin, mostRelated } from "../../../services/knowledge-base/engagement/related-rules.ts";
import { queryForm } from "../../../services/knowledge-base/engagement/search-log.ts";
import { outcomeMoves } from "../../../services/knowledge-base/engagement/suggestions.ts";
import { shareOf, top } from "../../../services/knowledge-base/engagement/top.ts";
import { minuteOf, viewsToCount } from "../../../services/knowledge-base/engagement/view-rules.ts";
import {
	admitVote,
	afterVote,
	commentOf,
	voteIn,
	voterKeyOf,
} from "../../../services/knowledge-base/engagement/vote-rules.ts";
import { customer, service, staff, tenant } from "../../support/callers.ts";

const home = tenant();
const at = (seconds: number) => new Date(Date.UTC(2025, 0, 15, 9) + seconds * 1000);

function refusal(work: () => unknown) {
	try {
		work();
	} catch (error) {
		const { code, type, data } = error as {
			code: number;
			type: string;
			data: { headers?: object; errors?: [{ pointer: string }] };
		};
		return { status: `${code} ${type}`, headers: data.headers, at: data.errors?.[0]?.pointer };
	}
	throw new Error("was not refused");
}

describe("who votes", () => {
	const visitor = { ...customer(home, "anonymous"), kind: "anonymous", visitorKey: "k1" } as Caller;
	test("is a person of the desk, a customer or a visitor", () => {
		const agent = staff(home, "agent");
		expect(voterKeyOf(agent as never)).toBe(`u:${agent.id}`);
		expect(voterKeyOf(customer(home, "c7") as never)).toBe("c:c7");
		expect(voterKeyOf(visitor as never)).toBe("a:k1");
	});

	test("is no program and nobody who could be anybody", () => {
		for (const caller of [
			service(home, ["*"]),
			{ ...visitor, visitorKey: null },
			{ ...visitor, visitorKey: undefined },
		])
			expect(refusal(() => voterKeyOf(caller as never)).status).toBe("403 forbidden");
	});
});

describe("a vote", () => {
	test("is told in two ways, which may not differ", () => {
		expect(voteIn({ value: "helpful" })).toBe("helpful");
		expect(voteIn({ helpful: true })).toBe("helpful");
		expect(voteIn({ helpful: false })).toBe("not_helpful");
		expect(voteIn({ helpful: false, value: "not_helpful" })).toBe("not_helpful");
		expect(refusal(() => voteIn({}))).toMatchObject({ status: "422 validation_failed", at: "/value" });
		expect(refusal(() => voteIn({ helpful: true, value: "not_helpful" }))).toMatchObject({ at: "/helpful" });
	});

	test("has a comment of at most 2,000 characters", () => {
		expect(commentOf("  good \n")).toBe("good");
		expect(commentOf(" ")).toBeNull();
		expect(commentOf(null)).toBeNull();
		expect(commentOf(undefined)).toBeUndefined();
		expect(commentOf("😀".repeat(2000))).toHaveLength(4000);
		expect(refusal(() => commentOf("x".repeat(2001)))).toMatchObject({ at: "/comment" });
	});

	test("moves the counters by the difference", () => {
		const counters = { helpfulCount: 3, notHelpfulCount: 1 };
		expect(afterVote(counters, null, "helpful")).toMatchObject({ helpfulCount: 4, notHelpfulCount: 1 });
		expect(afterVote(counters, "helpful", "not_helpful")).toMatchObject({ helpfulCount: 2, notHelpfulCount: 2 });
		expect(afterVote(counters, "not_helpful", null)).toMatchObject({ helpfulCount: 3, notHelpfulCount: 0 });
		expect(afterVote(counters, "helpful", "helpful")).toMatchObject(counters);
	});
});

describe("ten votes a minute", () => {
	test("are admitted, the eleventh is told how long to wait", () => {
		let times: Date[] = [];
		for (let second = 0; second < 10; second++) ({ times } = admitVote(times, at(second)));
		expect(times).toHaveLength(10);
		expect(refusal(() => admitVote(times, at(20)))).toMatchObject({
			status: "429 rate_limited",
			headers: { "Retry-After": "40" },
		});
		expect(refusal(() => admitVote(times, at(59.5))).headers).toEqual({ "Retry-After": "1" });
		expect(admitVote(times, at(60)).times).toHaveLength(10);
	});

	test("hold in every minute, wherever it begins", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 80 }), (pauses) => {
				let times: Date[] = [];
				const admitted: number[] = [];
				let second = 0;
				for (const pause of pauses) {
					second += pause;
					const inMinute = admitted.filter((time) => second - time < 60).length;
					if (inMinute >= 10) expect(refusal(() => admitVote(times, at(second))).status).toBe("429 rate_limited");
					else {
						({ times } = admitVote(times, at(second)));
						admitted.push(second);
					}
				}
			}),
			{ seed: 7 },
		);
	});
});

describe("views", () => {
	const view = (viewerKey: string, articleId = "a") => ({ articleId, locale: "en", viewerKey });
	const known = (id: string) => id !== "gone";

	test("count once a viewer and article, and again after half an hour", () => {
		const views = [view("v1"), view("v1"), view("v2"), view("v1", "b"), view("v1", "gone")];
		expect(viewsToCount(views, known, () => undefined, at(0))).toEqual([true, false, true, true, false]);
		const since = () => at(0);
		expect(viewsToCount([view("v1")], known, since, at(1799))).toEqual([false]);
		expect(viewsToCount([view("v1")], known, since, at(1800))).toEqual([true]);
	});

	test("are gathered by whole minutes", () => {
		expect(minuteOf(at(59.999))).toEqual(at(0));
		expect(minuteOf(at(60))).toEqual(at(60));
	});
});

describe("related articles", () => {
	const kin = (_id: string, tags: string[], categoryId: string | null = null, rest = {}): Kin => ({
		_id,
		tags,
		categoryId,
		score: 0,
		views30d: 0,
		...rest,
	});

	test("share tags or the category, most first, and are never the article itself", () => {
		const article = kin("self", ["wifi", "setup"], "cat");
		const candidates = [
			article,
			kin("nothing", ["billing"]),
			kin("category", [], "cat"),
			kin("one-of-three", ["wifi", "x", "y"]),
			kin("both", ["wifi", "setup"]),
			kin("all", ["wifi", "setup"], "cat"),
		];
		expect(mostRelated(article, candidates, 10)).toEqual(["all", "both", "category", "one-of-three"]);
		expect(mostRelated(article, candidates, 2)).toEqual(["all", "both"]);
	});

	test("that are as close go by how much they help, then by how much they are read", () => {
		const article = kin("self", ["a"]);
		const twins = [
			kin("x", ["a"]),
			kin("read", ["a"], null, { views30d: 9 }),
			kin("helps", ["a"], null, { score: 0.5 }),
		];
		expect(mostRelated(article, twins, 3)).toEqual(["helps", "read", "x"]);
		expect(mostRelated(kin("self", []), [kin("x", [])], 3)).toEqual([]);
	});

	test("of two rankings keep the first's order", () => {
		expect(joined(["b", "a"], ["a", "c"], 3)).toEqual(["b", "a", "c"]);
	});
});

test("queries are counted together however they are typed", () => {
	expect(queryForm("  Reset\t PASSWORD ")).toBe("reset password");
	expect(queryForm("Ｒｅｓｅｔ")).toBe("reset");
	expect(queryForm("😀".repeat(300))).toBe("😀".repeat(256));
});

test("an outcome that replaces another moves both", () => {
	expect(outcomeMoves(null, "solved")).toEqual({ solved: 1 });
	expect(outcomeMoves("solved", "ticket_created")).toEqual({ solved: -1, ticketCreated: 1 });
	expect(outcomeMoves("not_helpful", "not_helpful")).toEqual({});
});

test("the top leaves out what is nothing and knows no share of nothing", () => {
	const items = [3, 0, 5, 3].map((n, index) => ({ n, name: String.fromCharCode(100 - index) }));
	const found = top(
		items,
		(item) => item.n,
		(item) => item.name,
		2,
	);
	expect(found).toEqual([
		{ n: 5, name: "b" },
		{ n: 3, name: "a" },
	]);
	expect([shareOf(0, 0), shareOf(0, 4), shareOf(1, 4)]).toEqual([null, 0, 0.25]);
});

describe("batches", () => {
	test("take together what came meanwhile, in order, each key by itself", async () => {
		const written: string[] = [];
		let release: (() => void)[] = [];
		const batches = new InBatches<number, number>(async (key, items) => {
			written.push(`${key} ${items}`);
			await new Promise<void>((resolve) => release.push(resolve));
			return items.map((item) => item * 2);
		});
		const results = [batches.add("a", 1), batches.add("a", 2), batches.add("a", 3), batches.add("b", 4)];
		expect(written).toEqual(["a 1", "b 4"]);
		for (const open of release.splice(0)) open();
		await results[0];
		await results[3];
		for (const open of release.splice(0)) open();
		expect(await Promise.all(results)).toEqual([2, 4, 6, 8]);
		expect(written).toEqual(["a 1", "b 4", "a 2,3"]);
		release = [];
		await batches.idle();
	});

	test("that fail fail for those in them, and the next goes on", async () => {
		let broken = true;
		const batches = new InBatches<number, number>(async (_key, items) => {
			if (broken) throw new Error("down");
			return items;
		});
		await expect(batches.add("a", 1)).rejects.toThrow("down");
		broken = false;
		expect(await batches.add("a", 2)).toBe(2);
	});

	test("let go what is too much, and take new ones afterwards", async () => {
		let open: () => void = () => undefined;
		const gate = new Promise<void>((resolve) => {
			open = resolve;
		});
		const batches = new InBatches<number, number>(async (_key, items) => {
			await gate;
			return items;
		});
		const results = Array.from({ length: 6000 }, (_, index) => batches.add("a", index));
		open();
		const settled = await Promise.all(results);
		// The first is being written while the others wait.
		expect(settled.filter((result) => result === null)).toHaveLength(999);
		expect(await batches.add("a", 7)).toBe(7);
	});
});
