import { blobsOf } from "../support/blobs.ts";
import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";
import { until } from "../support/until.ts";

let desk: Desk;
let clock: ManualClock;

beforeAll(async () => {
	clock = manualClock("2026-02-02T09:00:00.000Z");
	desk = await startDesk({ clock });
}, 60_000);
afterAll(() => desk?.stop());

interface Made {
	id: string;
	attachments?: { fileName: string; url: string }[];
}

async function must<T = Made>(client: Client, method: string, route: string, body?: unknown): Promise<T> {
	const answer = await client<T>(method, route, body === undefined ? {} : { body });
	if (answer.status >= 300) throw new Error(`${method} ${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
	return answer.body;
}

async function upload(client: Client, fileName: string): Promise<string> {
	const { status, body } = await client<Made>("POST", `/attachments?fileName=${encodeURIComponent(fileName)}`, {
		raw: "A text of the customer's",
		headers: { "content-type": "text/plain" },
	});
	expect(status).toBe(201);
	return body.id;
}

/** Does what sagas have to do now that the clock was moved. */
const settleSagas = () =>
	(desk.app.broker.getLocalService("identity") as unknown as { settleSagas(): Promise<void> }).settleSagas();

const blobs = (tenant: DeskTenant) => blobsOf(desk, tenant.id);

test("an erased person's files are gone, also where a merge shows them; those of staff lose the person's name", async () => {
	const tenant = await desk.tenant();
	const { owner, supervisor } = tenant.as;
	const zeb = await must(owner, "POST", "/customers", { name: "Zebulon Quackenbush", email: "zeb@quack.example" });
	const else_ = await must(owner, "POST", "/customers", { name: "Somebody Else", email: "else@mail.example" });
	const self = await tenant.customer(zeb.id);
	const [theirs, unused, staffs] = [
		await upload(self, "theirs.txt"),
		await upload(self, "unused.txt"),
		await upload(supervisor, "Quackenbush contract.txt"),
	];
	const opened = { subject: "A", description: "B", attachments: [theirs] };
	const ticket = await must(self, "POST", "/tickets", opened);
	await must(supervisor, "POST", `/tickets/${ticket.id}/messages`, { body: "Sign this", attachments: [staffs] });
	const other = await must(supervisor, "POST", "/tickets", { subject: "C", description: "D", customerId: else_.id });
	const merge = { targetId: other.id, allowDifferentCustomer: true };
	await must(supervisor, "POST", `/tickets/${ticket.id}/merge`, merge);
	expect((await blobs(tenant)).sort()).toEqual([theirs, unused, staffs].sort());
	const { sagaId, id } = await must<{ sagaId?: string; id: string }>(owner, "POST", `/customers/${zeb.id}/erase`, {});
	await until(
		async () => (await must<{ status: string }>(owner, "GET", `/sagas/${sagaId ?? id}`)).status === "completed",
		30_000,
	);
	await until(async () => (await blobs(tenant)).length === 1);
	expect(await blobs(tenant)).toEqual([staffs]);
	for (const one of [ticket.id, other.id]) {
		const read = await must<{ attachmentCount: number; messages: Required<Made>[] }>(
			supervisor,
			"GET",
			`/tickets/${one}`,
		);
		expect([one, read.attachmentCount]).toEqual([one, 1]);
		const files = read.messages.flatMap(({ attachments }) => attachments);
		expect(files.map(({ fileName }) => fileName)).toEqual(["[redacted] contract.txt"]);
		expect((await fetch(desk.origin + files[0]?.url)).headers.get("content-disposition")).not.toMatch(/quackenbush/i);
	}
}, 60_000);

test("a tenant that leaves takes its files with it", async () => {
	const [leaving, staying] = await Promise.all([desk.tenant(), desk.tenant()]);
	for (const { as } of [leaving, staying]) await upload(as.owner, "a.txt");
	expect(await blobs(leaving)).toHaveLength(1);
	await must(leaving.as.owner, "POST", `/tenants/${leaving.id}/offboard`, { confirm: leaving.slug });
	const refused = await leaving.as.owner<Made>("POST", "/attachments?fileName=a.txt", {
		raw: "x",
		headers: { "content-type": "text/plain" },
	});
	expect(refused.status).toBe(403);
	clock.advance(16_000);
	await until(async () => {
		await settleSagas();
		const { body } = await leaving.as.owner<{ offboarding: { exports: { sha256: string | null }[] } }>(
			"GET",
			`/tenants/${leaving.id}/offboarding`,
		);
		return body.offboarding.exports.length === 4 && body.offboarding.exports.every(({ sha256 }) => sha256);
	}, 30_000);
	const exported = await leaving.as.owner<string>("GET", `/tenants/${leaving.id}/exports/tickets`);
	expect(exported.body).toMatch(/"entity":"attachment".*"fileName":"a.txt"/);
	clock.advance(31 * 24 * 3600 * 1000);
	await until(async () => {
		clock.advance(1000);
		await settleSagas();
		const { body } = await desk.platform<{ status: string }>("GET", `/tenants/${leaving.id}/offboarding`);
		return body.status === "offboarded";
	}, 30_000);
	expect(await blobs(leaving)).toEqual([]);
}, 90_000);
