import { me } from "../../contracts/identity.ts";
import { authenticate } from "../../contracts/identity-internal.ts";
import { announcement, FIRST_START_DONE, type FirstStart } from "../../services/identity/first-start.ts";
import identityService from "../../services/identity/identity.service.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";

let desk: TestBroker;
afterEach(() => desk?.stop());

/** Listens from before the start, as the program that starts everything does. */
function listener(told: FirstStart[]) {
	return () => ({
		name: "listener",
		events: { [FIRST_START_DONE]: (ctx: { params: FirstStart }) => void told.push(ctx.params) },
	});
}

test("the first start makes a demo tenant whose owner gets in", async () => {
	const told: FirstStart[] = [];
	desk = await startBroker([listener(told), identityService]);
	expect(told).toHaveLength(1);
	const { demoToken, platformToken } = told[0]!;
	const caller = await desk.call(authenticate, { bearer: demoToken! });
	expect(caller).toMatchObject({ kind: "user", role: "owner", email: "owner@demo.example", tenant: { slug: "demo" } });
	expect(await desk.call(me, {}, caller)).toMatchObject({ kind: "user", role: "owner", tenant: { name: "Demo" } });
	expect(await desk.call(authenticate, { bearer: platformToken! })).toMatchObject({ kind: "platform", tenant: null });
	expect(announcement(told[0]!, "http://127.0.0.1:3000")).toContain(demoToken);
});
