import { type Client, type Desk, startDesk } from "../support/desk.ts";

/* Whoever is deactivated hands over tickets and articles, as the saga tells. */

let desk: Desk;
beforeAll(async () => {
	desk = await startDesk();
}, 60_000);
afterAll(() => desk?.stop());

async function must<T>(answer: Promise<{ status: number; body: T }>, status: number): Promise<T> {
	const { status: given, body } = await answer;
	if (given !== status) throw new Error(`answered ${given}: ${JSON.stringify(body)}`);
	return body;
}

interface Saga {
	status: string;
	type: string;
	result: object;
}

async function ended(client: Client, id: string): Promise<Saga> {
	for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
		const saga = await must(client<Saga>("GET", `/sagas/${id}`), 200);
		if (saga.status === "completed") return saga;
		if (Date.now() > end) throw new Error(`the saga is ${JSON.stringify(saga)}`);
	}
}

test("the credentials end at once, then open tickets and articles change hands", async () => {
	const tenant = await desk.tenant();
	const { owner, admin, agent } = tenant.as;
	const id = tenant.userIds.agent;
	const ticket = (fields: object) =>
		must(
			owner<{ id: string }>("POST", "/tickets", {
				body: { subject: "x", description: "y", customer: { email: "c@x.example" }, assigneeId: id, ...fields },
			}),
			201,
		);
	const open = [await ticket({}), await ticket({ groupId: tenant.groupId })];
	const done = await ticket({});
	await must(owner("PATCH", `/tickets/${done.id}`, { body: { status: "solved" } }), 200);
	const article = await must(
		agent<{ id: string }>("POST", "/knowledge-base/articles", { body: { title: "How", body: "So." } }),
		201,
	);
	const out = await must(
		admin<{ status: string; sagaId: string }>("PATCH", `/users/${id}`, { body: { status: "deactivated" } }),
		200,
	);
	expect(out.status).toBe("deactivated");
	expect((await agent("GET", "/me")).status).toBe(401);
	expect(await ended(owner, out.sagaId)).toMatchObject({
		type: "user.deactivate",
		result: { userId: id, heirId: tenant.userIds.admin, handedOver: 1 },
	});
	for (const { id: ticketId } of open)
		expect(await must(owner("GET", `/tickets/${ticketId}`), 200)).toMatchObject({ assigneeId: null, status: "open" });
	expect(await must(owner("GET", `/tickets/${done.id}`), 200)).toMatchObject({ assigneeId: id });
	expect(await must(owner("GET", `/knowledge-base/articles/${article.id}`), 200)).toMatchObject({
		ownerId: tenant.userIds.admin,
		authorId: id,
	});
	expect((await owner("POST", `/tickets/${open[0]?.id}/assign`, { body: { assigneeId: id } })).status).toBe(422);
	const again = await must(owner<object>("PATCH", `/users/${id}`, { body: { status: "active" } }), 200);
	expect(again).not.toHaveProperty("sagaId");
}, 60_000);
