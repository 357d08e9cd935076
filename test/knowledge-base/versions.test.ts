import { getArticle, publishArticle, unpublishArticle, updateArticle } from "../../contracts/knowledge-base.ts";
import {
	diffVersions,
	getVersion,
	listVersions,
	putTranslation,
	restoreVersion,
} from "../../contracts/knowledge-base-translations.ts";
import { diffTexts } from "../../services/knowledge-base/version-diff.ts";
import { type KnowledgeBaseDesk, knowledgeBaseDesk, refusal, until } from "./desk.ts";

let desk: KnowledgeBaseDesk;
beforeAll(async () => {
	desk = await knowledgeBaseDesk();
}, 30_000);
afterAll(() => desk?.stop());

const save = (id: string, fields: object, caller = desk.as.owner) =>
	desk.call(updateArticle, { id, ...fields } as never, caller);
const numbers = async (id: string, filter = {}) =>
	(await desk.call(listVersions, { id, filter }, desk.as.owner)).data.map(({ versionNo }) => versionNo);
const read = async (id: string) => (await desk.call(getArticle, { id }, desk.as.visitor)).body;

describe("saving", () => {
	test("makes one version of the saves of one editor within a minute", async () => {
		const { id } = await desk.article({ body: "0" });
		await save(id, { body: "1" });
		await save(id, { body: "2" });
		expect(await numbers(id)).toEqual([2, 1]);
		desk.clock.advance(59_000);
		await save(id, { body: "3" });
		expect(await numbers(id)).toEqual([2, 1]);
		desk.clock.advance(1000);
		await save(id, { body: "4" });
		expect(await numbers(id)).toEqual([3, 2, 1]);
		await save(id, { body: "5" }, desk.as.agent);
		expect(await numbers(id)).toEqual([4, 3, 2, 1]);
		expect((await desk.call(getVersion, { id, n: "3" }, desk.as.owner)).body).toBe("4");
	});

	test("counts the article's version up also where it makes no version of the text, so that no save is lost", async () => {
		const { id, version } = await desk.article({ status: "draft", body: "0" });
		const saves = await Promise.allSettled(["1", "2", "3"].map((body) => save(id, { body, ifVersion: version })));
		expect(saves.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		expect(await numbers(id)).toEqual([1]);
		const first = await desk.call(getArticle, { id }, desk.as.owner);
		expect(first.version).toBe(version + 1);
		expect(await refusal(save(id, { body: "late", ifVersion: version }))).toBe("412 precondition_failed");
		desk.clock.advance(1000);
		const second = await save(id, { body: "4", ifVersion: first.version });
		expect([second.version, second.updatedAt > first.updatedAt]).toEqual([first.version + 1, true]);
		expect((await save(id, { body: "4" })).version).toBe(second.version);
		expect(await desk.eventsOf(id, 3)).toHaveLength(3);
	});

	test("never changes a version that readers have or that has a note, and makes none of the same text", async () => {
		const { id } = await desk.article({ body: "0" });
		await save(id, { body: "0" });
		await save(id, { summary: null, tags: ["x"] });
		expect(await numbers(id)).toEqual([1]);
		await save(id, { body: "1", changeNote: "typo" });
		await save(id, { body: "2" });
		expect(await numbers(id)).toEqual([3, 2, 1]);
		await desk.call(publishArticle, { id }, desk.as.owner);
		await desk.call(unpublishArticle, { id }, desk.as.owner);
		await save(id, { body: "3" });
		const { data } = await desk.call(listVersions, { id }, desk.as.owner);
		expect(data.map(({ versionNo, publishedAt, changeNote }) => [versionNo, publishedAt !== null, changeNote])).toEqual(
			[
				[4, false, null],
				[3, true, null],
				[2, false, "typo"],
				[1, true, null],
			],
		);
		expect(data[0]?.editor).toEqual({ id: desk.as.owner.id, name: desk.as.owner.name });
	});
});

test("an old version is shown, compared and taken up again", async () => {
	const { id } = await desk.article({ title: "One", body: "a\nb\nc\n" });
	await save(id, { title: "Two", body: "a\nB\nc\n", status: "published" });
	expect(await desk.call(diffVersions, { id, a: "1", b: "2" }, desk.as.owner)).toMatchObject({
		...{ from: 1, to: 2, added: 1, removed: 1, title: { from: "One", to: "Two" } },
		diff: "--- version 1\n+++ version 2\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
	});
	const restored = await desk.call(restoreVersion, { id, n: "1" }, desk.as.agent);
	expect(restored).toMatchObject({ versionNo: 3, title: "One", body: "a\nb\nc\n", changeNote: "Version 1 restored" });
	expect(await read(id)).toBe("a\nB\nc\n");
	expect(await refusal(desk.call(getVersion, { id, n: "4" }, desk.as.owner))).toBe("404 not_found");
	for (const n of ["0", "x", "1.5", "-1"])
		expect(await refusal(desk.call(diffVersions, { id, a: n, b: "1" }, desk.as.owner))).toBe("404 not_found");
});

test("versions are for those who write, in the tenant, each language on its own", async () => {
	const { id } = await desk.article();
	await desk.call(putTranslation, { id, locale: "de", title: "Deutsch", body: "x" }, desk.as.owner);
	expect(await numbers(id, { locale: { eq: "de" } })).toEqual([1]);
	for (const caller of [desk.as.viewer, desk.as.customer, desk.as.visitor]) {
		expect(await refusal(desk.call(listVersions, { id }, caller))).toBe("403 forbidden");
		expect(await refusal(desk.call(getVersion, { id, n: "1" }, caller))).toBe("403 forbidden");
	}
	expect(await refusal(desk.call(getVersion, { id, n: "1" }, desk.as.stranger))).toBe("404 not_found");
	expect(await refusal(desk.call(getVersion, { id, n: "1", locale: "ja" }, desk.as.owner))).toBe("404 not_found");
});

test("texts without a common line are compared in bounded time", () => {
	const text = (word: string) => Array.from({ length: 60_000 }, (_, i) => `${word} ${i}`).join("\n");
	const { added, removed } = diffTexts({ name: "a", text: text("a") }, { name: "b", text: text("b") });
	expect([added, removed]).toEqual([60_000, 60_000]);
	expect(diffTexts({ name: "a", text: "x" }, { name: "b", text: "x" })).toEqual({ diff: "", added: 0, removed: 0 });
});

describe("a publication to come", () => {
	const later = () => new Date(desk.clock.now().getTime() + 3_600_000).toISOString();
	const plan = (id: string, publishAt: string, caller = desk.as.owner) =>
		desk.call(publishArticle, { id, publishAt }, caller);
	const published = (id: string) =>
		until(
			() => desk.call(getArticle, { id }, desk.as.owner),
			({ status, publishAt }) => status === "published" && publishAt === null,
		);

	test("happens when its time has come, once", async () => {
		const { id } = await desk.article({ status: "draft", body: "Planned." });
		const at = later();
		expect(await plan(id, at)).toMatchObject({ status: "draft", publishAt: at });
		expect(await refusal(desk.call(getArticle, { id }, desk.as.visitor))).toBe("404 not_found");
		desk.clock.advance(3_600_000);
		expect((await published(id)).publishedAt).toBe(at);
		expect(await read(id)).toBe("Planned.");
		const events = await desk.eventsOf(id, 3);
		expect(events.map(({ type, actor }) => `${type} ${actor.type}`)).toEqual([
			"article.created user",
			"article.updated user",
			"article.published system",
		]);
	});

	test("in the past is at once", async () => {
		const { id } = await desk.article({ status: "draft" });
		expect((await plan(id, "2020-01-01T00:00:00.000Z")).status).toBe("published");
	});

	test("publishes the edits of those who may publish, and not those of others", async () => {
		const { id } = await desk.article({ status: "draft", body: "Planned." }, desk.as.agent);
		await plan(id, later());
		await save(id, { body: "Checked." });
		await save(id, { body: "Unchecked." }, desk.as.agent);
		desk.clock.advance(3_600_000);
		expect(await published(id)).toMatchObject({ body: "Unchecked.", hasUnpublishedChanges: true });
		expect(await read(id)).toBe("Checked.");
	});

	test("can be moved and called off", async () => {
		const { id } = await desk.article({ status: "draft" });
		const other = await desk.article({ status: "draft" });
		await plan(id, later());
		await plan(other.id, later());
		expect((await desk.call(unpublishArticle, { id }, desk.as.owner)).publishAt).toBeNull();
		desk.clock.advance(3_600_000);
		await published(other.id);
		expect((await desk.call(getArticle, { id }, desk.as.owner)).status).toBe("draft");
	});

	test("needs the permission and a text", async () => {
		const { id } = await desk.article({ status: "draft", body: "" });
		expect(await refusal(plan(id, later()))).toBe("422 validation_failed");
		expect(await refusal(plan(id, later(), desk.as.agent))).toBe("403 forbidden");
		await save(id, { body: "Text." });
		await plan(id, later());
		expect(await refusal(save(id, { body: "" }))).toBe("422 validation_failed");
	});
});
