import fc from "fast-check";
import { listUsers, updateUser } from "../../contracts/users.ts";
import type { TestBroker } from "../support/broker.ts";
import { problemOf, provision, startIdentity } from "./tenancy.ts";

const SEED = 20_260_102;

let desk: TestBroker;
beforeAll(async () => {
	desk = await startIdentity();
});
afterAll(() => desk.stop());

const ownersOf = async (owner: Parameters<typeof desk.call>[2]) =>
	(await desk.call(listUsers, { filter: { role: { eq: "owner" }, status: { eq: "active" } } }, owner)).data;

test("the only owner can neither be given another role nor leave", async () => {
	const { owner, invite } = await provision(desk);
	const deactivated = await invite("owner");
	await desk.call(updateUser, { id: deactivated.id, status: "deactivated" }, owner);
	for (const fields of [{ role: "admin" as const }, { status: "deactivated" as const }]) {
		const answer = desk.call(updateUser, { id: owner.id, ...fields }, owner);
		expect(await problemOf(answer)).toEqual({ status: 409, code: "last_owner", pointers: [] });
	}
	expect(await ownersOf(owner)).toMatchObject([{ id: owner.id, version: 1 }]);
	await desk.call(updateUser, { id: deactivated.id, status: "active" }, owner);
	expect(await desk.call(updateUser, { id: owner.id, role: "viewer" }, owner)).toMatchObject({ role: "viewer" });
});

test("one remains when several owners put each other out at once", async () => {
	const leaving = fc.constantFrom(
		{ role: "admin" as const },
		{ role: "viewer" as const },
		{ status: "deactivated" as const },
	);
	const attempt = fc.record({ by: fc.nat({ max: 3 }), target: fc.nat({ max: 3 }), fields: leaving });
	await fc.assert(
		fc.asyncProperty(
			fc.integer({ min: 1, max: 4 }),
			fc.array(attempt, { minLength: 2, maxLength: 8 }),
			async (count, attempts) => {
				const { owner, invite } = await provision(desk);
				const owners = [owner];
				while (owners.length < count) owners.push(await invite("owner"));
				const answers = await Promise.allSettled(
					attempts.map(({ by, target, fields }) =>
						desk.call(updateUser, { id: owners[target % count]?.id ?? "", ...fields }, owners[by % count]),
					),
				);
				const remaining = await ownersOf(owner);
				const left = new Set(attempts.map(({ target }) => target % count)).size;
				expect(remaining).toHaveLength(Math.max(1, count - left));
				// 403 is whoever gives themselves a role back that they have just lost.
				for (const answer of answers)
					if (answer.status === "rejected") expect(["last_owner", "forbidden"]).toContain(answer.reason.type);
			},
		),
		{ seed: SEED, numRuns: 25 },
	);
});
