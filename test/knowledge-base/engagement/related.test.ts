import type { Caller } from "../../../contracts/caller.ts";
import { deleteArticle } from "../../../contracts/knowledge-base.ts";
import { createCategory } from "../../../contracts/knowledge-base-categories.ts";
import { listRelated, listVotes, rateArticle } from "../../../contracts/knowledge-base-engagement.ts";
import { putTranslation } from "../../../contracts/knowledge-base-translations.ts";
import { articleVoteModel } from "../../../models/article-vote.ts";
import { customerOf, type EngagementDesk, engagementDesk, refusalOf, visitor } from "./desk.ts";

let desk: EngagementDesk;
beforeAll(async () => {
	desk = await engagementDesk();
});
afterAll(() => desk?.stop());

const related = async (id: string, caller: Caller, more: object = {}) =>
	(await desk.call(listRelated, { id, ...more }, caller)).data;
const idsOf = async (id: string, caller: Caller, more: object = {}) =>
	(await related(id, caller, more)).map((article) => article.id);

test("shares tags or category, most first, as far as the reader may have it", async () => {
	const category = (await desk.call(createCategory, { name: "Garden" } as never, desk.as.owner)).id;
	const id = await desk.article({ tags: ["water", "pump"], categoryId: category });
	const both = await desk.article({ tags: ["water", "pump"] });
	const neighbour = await desk.article({ categoryId: category });
	const forCustomers = await desk.article({ tags: ["water", "pump"], categoryId: category, visibility: "customers" });
	const forAgents = await desk.article({ tags: ["water"], visibility: "agents" });
	await desk.article({ tags: ["water", "pump"], status: "draft" });
	await desk.article({ tags: ["billing"] });
	expect(await idsOf(id, visitor(desk.home))).toEqual([both, neighbour]);
	expect(await idsOf(id, customerOf(desk.home))).toEqual([forCustomers, both, neighbour]);
	expect(await idsOf(id, desk.as.agent)).toEqual([forCustomers, both, neighbour, forAgents]);
	expect(await idsOf(id, desk.as.agent, { limit: 1 })).toEqual([forCustomers]);
	expect(await idsOf(await desk.article(), desk.as.agent)).toEqual([]);
});

test("is shown in the language of the article, where it is in it", async () => {
	const id = await desk.article({ tags: ["lang"] });
	const other = await desk.article({ tags: ["lang"] });
	const plain = await desk.article({ tags: ["lang"] });
	for (const one of [id, other]) {
		const text = { locale: "de", title: "Auf Deutsch", body: "So.", status: "published" };
		await desk.call(putTranslation, { id: one, ...text } as never, desk.as.owner);
	}
	const german = await related(id, visitor(desk.home), { locale: "de" });
	expect(german.map((article) => [article.id, article.locale]).sort()).toEqual(
		[
			[other, "de"],
			[plain, "en"],
		].sort(),
	);
});

test("is nobody's who may not read the article", async () => {
	const id = await desk.article({ visibility: "agents" });
	for (const caller of [visitor(desk.home), customerOf(desk.home), desk.as.stranger])
		expect(await refusalOf(related(id, caller))).toEqual({ status: "404 not_found" });
});

test("an article that is removed takes its votes along", async () => {
	const id = await desk.article();
	await desk.call(rateArticle, { id, value: "helpful", comment: "Personal" }, customerOf(desk.home));
	expect((await desk.call(listVotes, { id }, desk.as.agent)).data).toHaveLength(1);
	await desk.call(deleteArticle, { id }, desk.as.owner);
	const connection = await desk.runtime.openConnection("knowledge-base");
	const votes = connection.model(articleVoteModel.name, articleVoteModel.schema);
	expect(await votes.countDocuments({ tenantId: desk.home.id, articleId: id })).toBe(0);
	await connection.close();
});
