import { createNote, deleteNote, getCustomer, getNote, listNotes, updateNote } from "../../contracts/customers.ts";
import { newId } from "../../lib/ids.ts";
import { staff } from "../support/callers.ts";
import { type CustomersDesk, customersDesk, problemOf } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

test("a note is written, read, rewritten and removed, and counted without a new version of the customer", async () => {
	const { id } = await desk.customer();
	const note = await desk.call(createNote, { id, body: "Likes **tea**." }, desk.as.agent);
	expect(note).toEqual({
		id: expect.any(String),
		customerId: id,
		version: 1,
		body: "Likes **tea**.",
		authorId: desk.as.agent.id,
		author: { id: desk.as.agent.id, name: desk.as.agent.name },
		createdAt: desk.clock.now().toISOString(),
		updatedAt: desk.clock.now().toISOString(),
	});
	expect(await desk.call(getNote, { id, noteId: note.id }, desk.as.owner)).toEqual(note);
	expect(await desk.call(getCustomer, { id }, desk.as.agent)).toMatchObject({ notesCount: 1, version: 1 });
	const rewritten = await desk.call(updateNote, { id, noteId: note.id, body: "Likes coffee." }, desk.as.agent);
	expect(rewritten).toMatchObject({ body: "Likes coffee.", version: 2 });
	expect(
		await problemOf(desk.call(updateNote, { id, noteId: note.id, body: "x", ifVersion: 1 }, desk.as.agent)),
	).toMatchObject({ code: 412 });
	expect(await desk.call(deleteNote, { id, noteId: note.id }, desk.as.agent)).toBeNull();
	expect(await problemOf(desk.call(getNote, { id, noteId: note.id }, desk.as.agent))).toMatchObject({ code: 404 });
	expect((await desk.call(getCustomer, { id }, desk.as.agent)).notesCount).toBe(0);
});

test("notes are listed newest first, by author, in pages", async () => {
	const { id } = await desk.customer();
	for (const [index, author] of [desk.as.agent, desk.as.supervisor, desk.as.agent].entries()) {
		desk.clock.advance(1000);
		await desk.call(createNote, { id, body: `Note ${index}` }, author);
	}
	const bodies = async (params: object) =>
		(await desk.call(listNotes, { id, ...params }, desk.as.agent)).data.map((note) => note.body);
	expect(await bodies({})).toEqual(["Note 2", "Note 1", "Note 0"]);
	expect(await bodies({ sort: "createdAt" })).toEqual(["Note 0", "Note 1", "Note 2"]);
	expect(await bodies({ filter: { authorId: { eq: desk.as.supervisor.id } } })).toEqual(["Note 1"]);
	const first = await desk.call(listNotes, { id, limit: 2, count: true }, desk.as.agent);
	expect(first.page).toMatchObject({ hasMore: true, total: 3 });
	expect(await bodies({ limit: 2, cursor: first.page.nextCursor })).toEqual(["Note 0"]);
});

test("a note belongs to its author and to those who answer for all", async () => {
	const { id } = await desk.customer();
	const { id: noteId } = await desk.call(createNote, { id, body: "Mine" }, desk.as.agent);
	const colleague = staff(desk.home, "agent");
	for (const call of [
		() => desk.call(updateNote, { id, noteId, body: "Yours" }, colleague),
		() => desk.call(deleteNote, { id, noteId }, colleague),
	])
		expect(await problemOf(call())).toMatchObject({ status: "403 forbidden" });
	expect((await desk.call(updateNote, { id, noteId, body: "Ours" }, desk.as.supervisor)).authorId).toBe(
		desk.as.agent.id,
	);
	expect(await desk.call(deleteNote, { id, noteId }, desk.as.admin)).toBeNull();
});

test("a note is found under its own customer only", async () => {
	const [one, two] = [await desk.customer(), await desk.customer()];
	const { id: noteId } = await desk.call(createNote, { id: one.id, body: "x" }, desk.as.agent);
	for (const id of [two.id, newId()])
		expect(await problemOf(desk.call(getNote, { id, noteId }, desk.as.agent))).toMatchObject({ code: 404 });
});

test.each([" \n ", "ä".repeat(8193)])("a note that is empty or larger than 16 KB is refused", async (body) => {
	const { id } = await desk.customer();
	expect(await problemOf(desk.call(createNote, { id, body }, desk.as.agent))).toMatchObject({
		status: "422 validation_failed",
		data: { errors: [{ pointer: "/body" }] },
	});
});

test("many notes at once are counted exactly", async () => {
	const { id } = await desk.customer();
	await Promise.all(Array.from({ length: 15 }, () => desk.call(createNote, { id, body: "x" }, desk.as.agent)));
	expect((await desk.call(getCustomer, { id }, desk.as.agent)).notesCount).toBe(15);
});
