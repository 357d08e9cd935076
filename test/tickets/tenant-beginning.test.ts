import { type Desk, startDesk } from "../support/desk.ts";

const TOKEN = "cnd_demo_token_of_the_tests";

let desk: Desk;
beforeAll(async () => {
	desk = await startDesk({ env: { DEMO_TOKEN: TOKEN } });
}, 60_000);
afterAll(() => desk?.stop());

interface Page {
	data: { id: string; active?: boolean }[];
}

test("the tenant that the first start makes begins with what every other begins with", async () => {
	await desk.settle();
	const list = async (client: ReturnType<Desk["client"]>, route: string) =>
		(await client<Page>("GET", route)).body.data;
	const demo = desk.client(TOKEN);
	const { owner } = (await desk.tenant()).as;
	await desk.settle();
	for (const [route, count] of [
		["/rules", 4],
		["/calendars", 1],
		["/views", 6],
	] as const) {
		expect(await list(demo, route)).toHaveLength(count);
		expect(await list(owner, route)).toHaveLength(count);
	}
	expect((await list(demo, "/rules")).filter(({ active }) => active)).toEqual([]);
});
