import { newId } from "../../lib/ids.ts";
import { type Answer, type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { until } from "../support/until.ts";

/* Many changes by one request: each is the request that it stands for, no less and no more. */

interface Result {
	index: number;
	id: string;
	status: number;
	version?: number;
	error?: { code: string; status: number; detail: string; errors?: { pointer: string; code: string }[] };
}
interface Bulk {
	results: Result[];
}
interface Job {
	jobId?: string;
	id: string;
	kind: string;
	status: string;
	progress: { done: number; total: number };
	failed: number;
	resultUrl: string;
	error: { code: string } | null;
	createdBy: { id: string };
	expiresAt: string | null;
}
interface TicketShape {
	id: string;
	version: number;
	status: string;
	priority: string;
	tags: string[];
	assigneeId: string | null;
}
interface AuditRow {
	action: string;
	actor: { id: string };
	changes: { field: string; to: unknown }[];
}

let desk: Desk;
let tenant: DeskTenant;
let customerId: string;

beforeAll(async () => {
	desk = await startDesk();
	tenant = await desk.tenant();
	customerId = await made(tenant.as.owner, "/customers", { name: "Cora", email: "cora@bulk.example" });
}, 30_000);
afterAll(() => desk?.stop());

async function made(client: Client, route: string, body: unknown): Promise<string> {
	const answer = await client<{ id: string }>("POST", route, { body });
	expect(answer.status).toBe(201);
	return answer.body.id;
}

const ticket = (fields: object = {}, client = tenant.as.owner) =>
	made(client, "/tickets", { subject: "One of many", customerId, groupId: tenant.groupId, ...fields });

const bulk = (operations: unknown[], client: Client = tenant.as.owner, headers = {}): Promise<Answer<Bulk>> =>
	client<Bulk>("POST", "/tickets/bulk", { body: { operations }, headers });

const read = async (id: string) => (await tenant.as.owner<TicketShape>("GET", `/tickets/${id}`)).body;
const history = async (id: string) =>
	(await tenant.as.owner<{ data: AuditRow[] }>("GET", `/tickets/${id}/audit?limit=100`)).body.data;

describe("up to a hundred operations", () => {
	test("are done in order, each with its own answer", async () => {
		const [a, b, c] = [await ticket(), await ticket(), await ticket({ tags: ["old"] })];
		const { status, body } = await bulk([
			{ op: "update", id: a, patch: { priority: "high" } },
			{ op: "update", id: newId(), patch: { priority: "high" } },
			{ op: "update", id: a, ifMatch: "v2", patch: { status: "open" } },
			{ op: "update", id: a, ifMatch: 2, patch: { priority: "low" } },
			{ op: "delete", id: b },
			{ op: "update", id: b, patch: { priority: "high" } },
			{ op: "tag", id: c, patch: { add: ["VIP", "new"], remove: ["old"] } },
			{ op: "tag", id: c, patch: { tags: ["third"] } },
			{ op: "update", id: c, patch: { nobodyKnowsThis: 1 } },
			{ op: "update", id: c, patch: { priority: "highest" } },
			{ op: "update", id: c },
			{ op: "tag", id: c, patch: {} },
			{ op: "update", id: c, patch: { id: a, status: "new" } },
			{ op: "update", id: a, patch: { status: "new" } },
		]);
		expect(status).toBe(200);
		expect(body.results.map((result) => [result.index, result.status, result.error?.code])).toEqual([
			[0, 200, undefined],
			[1, 404, "not_found"],
			[2, 200, undefined],
			[3, 412, "precondition_failed"],
			[4, 204, undefined],
			[5, 404, "not_found"],
			[6, 200, undefined],
			[7, 200, undefined],
			[8, 422, "unknown_field"],
			[9, 422, "validation_failed"],
			[10, 422, "validation_failed"],
			[11, 422, "validation_failed"],
			[12, 422, "unknown_field"],
			[13, 409, "invalid_transition"],
		]);
		expect(body.results[0]).toMatchObject({ id: a, version: 2 });
		expect(body.results[9]?.error?.errors?.[0]?.pointer).toBe("/operations/9/patch/priority");
		expect(await read(a)).toMatchObject({ priority: "high", status: "open", version: 3 });
		expect((await read(c)).tags).toEqual(["vip", "new", "third"]);
		expect((await history(a)).map(({ action, actor }) => [action, actor.id])).toEqual([
			["ticket.created", tenant.userIds.owner],
			["ticket.updated", tenant.userIds.owner],
			["ticket.updated", tenant.userIds.owner],
		]);
	});

	test("are refused as a whole where they are no operations", async () => {
		const refused = async (operations: unknown[], pointer: string) => {
			const { status, body } = await bulk(operations);
			expect(status).toBe(422);
			expect((body as unknown as { errors: { pointer: string }[] }).errors[0]?.pointer).toBe(pointer);
		};
		await refused([], "/operations");
		await refused([{ op: "archive", id: newId() }], "/operations/0/op");
		await refused([{ op: "update" }], "/operations/0/id");
		await refused([{ op: "delete", id: newId(), who: 1 }], "/operations/0/who");
	});

	test("have the rights of whoever asks", async () => {
		const elsewhere = await made(tenant.as.owner, "/groups", { name: "Elsewhere" });
		const [own, others] = [await ticket(), await ticket({ groupId: elsewhere })];
		const operations = [own, others].flatMap((id) => [
			{ op: "update", id, patch: { priority: "urgent" } },
			{ op: "delete", id },
		]);
		const { body } = await bulk(operations, tenant.as.agent);
		expect(body.results.map(({ status }) => status)).toEqual([200, 403, 404, 403]);
		expect((await bulk(operations, tenant.as.viewer)).status).toBe(403);
		expect((await bulk(operations, await tenant.customer(customerId))).status).toBe(403);
		const stranger = await desk.tenant();
		const seen = await bulk(operations, stranger.as.owner);
		expect(seen.body.results.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
	});

	test("take effect once with an Idempotency-Key", async () => {
		const [a, b] = [await ticket(), await ticket()];
		const operations = [
			{ op: "update", id: a, ifMatch: "v1", patch: { priority: "high" } },
			{ op: "tag", id: b, patch: { add: ["once"] } },
		];
		const headers = { "idempotency-key": newId() };
		const first = await bulk(operations, tenant.as.owner, headers);
		const second = await bulk(operations, tenant.as.owner, headers);
		expect(first.body.results.map(({ status }) => status)).toEqual([200, 200]);
		expect([second.status, second.body]).toEqual([first.status, first.body]);
		expect((await read(a)).version).toBe(2);
	});

	test("ask for the version where the tenant does, but not for tags", async () => {
		const careful = await desk.tenant({ requireIfMatch: true });
		const cora = await made(careful.as.owner, "/customers", { name: "Cora" });
		const id = await made(careful.as.owner, "/tickets", { subject: "Careful", customerId: cora });
		const { body } = await bulk(
			[
				{ op: "update", id, patch: { priority: "low" } },
				{ op: "update", id, ifMatch: '"v1"', patch: { priority: "low" } },
				{ op: "tag", id, patch: { tags: ["x"] } },
				{ op: "update", id, ifMatch: "three", patch: { priority: "low" } },
				{ op: "delete", id, ifMatch: "*" },
			],
			careful.as.owner,
		);
		expect(body.results.map(({ status }) => status)).toEqual([428, 200, 200, 400, 204]);
	});
});

describe("customers", () => {
	test("are changed in bulk likewise", async () => {
		const a = await made(tenant.as.owner, "/customers", { name: "Anna", tags: ["old"] });
		const b = await made(tenant.as.owner, "/customers", { name: "Bert" });
		const operations = [
			{ op: "update", id: a, patch: { name: "Anne" } },
			{ op: "tag", id: a, patch: { add: ["vip"], remove: ["old"] } },
			{ op: "delete", id: b },
			{ op: "update", id: b, patch: { name: "Berta" } },
		];
		const { status, body } = await tenant.as.owner<Bulk>("POST", "/customers/bulk", { body: { operations } });
		expect(status).toBe(200);
		expect(body.results.map((result) => result.status)).toEqual([200, 200, 204, 404]);
		const { body: anne } = await tenant.as.owner<{ name: string; tags: string[] }>("GET", `/customers/${a}`);
		expect(anne).toMatchObject({ name: "Anne", tags: ["vip"] });
	});
});

describe("more than a hundred operations", () => {
	const over = async (id: string, client: Client = tenant.as.owner) => {
		let job: Job | undefined;
		await until(async () => {
			job = (await client<Job>("GET", `/jobs/${id}`)).body;
			return job.status !== "queued" && job.status !== "running";
		}, 20_000);
		return job as Job;
	};

	test("are a job, with progress, results and an end", async () => {
		const ids: string[] = [];
		for (let n = 0; n < 30; n++) ids.push(await ticket());
		const operations = Array.from({ length: 130 }, (_, n) =>
			n < 120
				? { op: "tag", id: ids[n % 30], patch: { add: [`tag-${n}`] } }
				: { op: "update", id: newId(), patch: { priority: "low" } },
		);
		const headers = { "idempotency-key": newId() };
		const begin = () => tenant.as.supervisor<Job>("POST", "/tickets/bulk", { body: { operations }, headers });
		const answer = await begin();
		expect(answer.status).toBe(202);
		const { jobId } = answer.body;
		expect(answer.headers.get("location")).toBe(`/api/jobs/${jobId}`);
		expect(answer.body).toMatchObject({ id: jobId, kind: "tickets.bulk", progress: { total: 130 } });
		expect((await begin()).body.jobId).toBe(jobId);
		const job = await over(jobId as string, tenant.as.supervisor);
		expect(job).toMatchObject({ status: "done", progress: { done: 130, total: 130 }, failed: 10, error: null });
		expect(job.expiresAt).not.toBeNull();
		for (const id of ids) expect((await read(id)).tags).toHaveLength(4);
		expect((await history(ids[0] as string)).map(({ actor }) => actor.id).slice(1)).toEqual(
			Array.from({ length: 4 }, () => tenant.userIds.supervisor),
		);
		await theResultsAre(jobId as string);
		await theJobIsSeenBy(jobId as string);
	}, 30_000);

	async function theResultsAre(id: string): Promise<void> {
		const page = async (query: string) =>
			(
				await tenant.as.owner<{ data: Result[]; page: { nextCursor: string | null } }>(
					"GET",
					`/jobs/${id}/results?${query}`,
				)
			).body;
		const all: Result[] = [];
		for (let cursor = ""; ; ) {
			const { data, page: at } = await page(`limit=50${cursor}`);
			all.push(...data);
			if (at.nextCursor === null) break;
			cursor = `&cursor=${encodeURIComponent(at.nextCursor)}`;
		}
		expect(all.map(({ index }) => index)).toEqual(Array.from({ length: 130 }, (_, n) => n));
		const { data: failed } = await page("status[gte]=400");
		expect(failed.map(({ error }) => error?.code)).toEqual(Array.from({ length: 10 }, () => "not_found"));
	}

	async function theJobIsSeenBy(id: string): Promise<void> {
		const status = async (client: Client) => (await client("GET", `/jobs/${id}`)).status;
		expect(await status(tenant.as.owner)).toBe(200);
		expect(await status(tenant.as.admin)).toBe(200);
		expect(await status(tenant.as.agent)).toBe(404);
		expect(await status((await desk.tenant()).as.owner)).toBe(404);
		const list = async (client: Client) =>
			(await client<{ data: Job[] }>("GET", "/jobs")).body.data.map((job) => job.id);
		expect(await list(tenant.as.owner)).toContain(id);
		expect(await list(tenant.as.agent)).toEqual([]);
	}

	const many = (n: number) => Array.from({ length: n }, () => ({ op: "delete", id: newId() }));

	test("are not for agents, and have an end", async () => {
		expect((await bulk(many(100), tenant.as.agent)).status).toBe(200);
		expect((await bulk(many(101), tenant.as.agent)).status).toBe(403);
		expect((await bulk(many(10_001))).status).toBe(422);
	});

	test("stop when they are cancelled", async () => {
		const id = await ticket();
		const operations = Array.from({ length: 3000 }, (_, n) => ({ op: "tag", id, patch: { tags: [`t${n % 40}`] } }));
		const { body } = await tenant.as.owner<Job>("POST", "/tickets/bulk", { body: { operations } });
		const cancel = () => tenant.as.owner<Job>("POST", `/jobs/${body.id}/cancel`);
		expect((await cancel()).status).toBe(200);
		const job = await over(body.id);
		expect(job.status).toBe("cancelled");
		expect(job.progress.done).toBeLessThan(3000);
		expect((await cancel()).body.status).toBe("cancelled");
	}, 30_000);

	test("stop when whoever began them is deactivated", async () => {
		const there = await desk.tenant();
		const cora = await made(there.as.owner, "/customers", { name: "Cora" });
		const id = await made(there.as.owner, "/tickets", { subject: "Whose", customerId: cora });
		const operations = Array.from({ length: 5000 }, () => ({ op: "tag", id, patch: { tags: ["x"] } }));
		const { body } = await there.as.admin<Job>("POST", "/tickets/bulk", { body: { operations } });
		const gone = await there.as.owner("PATCH", `/users/${there.userIds.admin}`, { body: { status: "deactivated" } });
		expect(gone.status).toBe(200);
		const job = await over(body.id, there.as.owner);
		expect(job).toMatchObject({ status: "failed", error: { code: "unauthenticated" } });
		expect(job.progress.done).toBeLessThan(5000);
	}, 30_000);
});
