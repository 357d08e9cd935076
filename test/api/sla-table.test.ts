import type { Client } from "../support/desk.ts";
import { GOLD, HOUR, type SlaLab, startSlaLab } from "../support/sla-lab.ts";
import { type Act, at, type Case } from "./sla-table/case.ts";
import { CHANGES } from "./sla-table/changes.ts";
import { FIRST_RESPONSE } from "./sla-table/first-response.ts";
import { NEXT_RESPONSE } from "./sla-table/next-response.ts";
import { RESOLUTION } from "./sla-table/resolution.ts";

/*
 * One Monday from nine to five in Berlin, as many tickets as there are cases: first response one hour, next response two,
 * resolution eight (urgent: four), pending and on hold pause the resolution.
 */

const CASES = [...FIRST_RESPONSE, ...RESOLUTION, ...NEXT_RESPONSE, ...CHANGES];

let lab: SlaLab;
const ids = new Map<Case, string>();
const failures = new Map<Case, unknown>();

async function must(answer: ReturnType<Client>): Promise<void> {
	const { status, body } = await answer;
	if (status >= 300) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
}

async function act(id: string, what: Act): Promise<void> {
	const { owner, customer, tenant } = lab;
	const path = `/tickets/${id}`;
	if (typeof what === "object") {
		if ("patch" in what) return must(owner("PATCH", path, { body: what.patch }));
		if ("agent" in what) return lab.reply(id, what.agent as Record<string, unknown>);
		if ("merge" in what) {
			const target = await lab.open();
			return must(owner("POST", `${path}/merge`, { body: { targetId: target.id } }));
		}
		const { sla } = await lab.ticket(id);
		const seen = what.see === "overall" ? sla : (sla?.metrics[what.see] ?? null);
		if (what.as === null) return expect(seen).toBeNull();
		return expect(seen).toMatchObject(what.as);
	}
	switch (what) {
		case "customer":
			return lab.reply(id, {}, customer);
		case "agent":
			return lab.reply(id);
		case "note":
			return lab.reply(id, { kind: "internal_note" });
		case "service":
			return lab.reply(id, {}, tenant.as.service);
		case "asCustomer":
			return lab.reply(id, { asCustomer: true });
		case "calm":
			return must(owner("POST", `${path}/no-reply-needed`));
		case "delete":
			return must(owner("DELETE", path));
		case "restore":
			return must(owner("POST", `${path}/restore`));
		case "customerSolves":
			return must(customer("PATCH", path, { body: { status: "solved" } }));
		case "waive":
			return must(owner("POST", `${path}/sla/waive`, { body: { metric: "first_response", reason: "Their fault" } }));
	}
}

beforeAll(async () => {
	lab = await startSlaLab(at("09:00"), GOLD);
	await must(
		lab.owner("POST", "/sla-policies", {
			body: {
				name: "Always",
				calendarId: "always",
				conditions: { all: [{ field: "tags", operator: "contains", value: "round-the-clock" }] },
				targets: { first_response: { high: 2 * HOUR } },
			},
		}),
	);
	for (const one of CASES) ids.set(one, (await lab.open(one.open, one.byAgent ? lab.owner : lab.customer)).id);
	const times = [...new Set(CASES.flatMap(({ script }) => script.map(([time]) => time)))];
	for (const time of times.sort((a, b) => at(a).localeCompare(at(b)))) {
		await lab.at(at(time));
		for (const one of CASES)
			for (const [when, what] of one.script)
				if (when === time && !failures.has(one))
					await act(ids.get(one) as string, what).catch((error: unknown) => failures.set(one, error));
	}
}, 170_000);
afterAll(() => lab?.desk.stop());

test.each(CASES.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
	if (failures.has(one)) throw failures.get(one);
	await lab.explained(ids.get(one) as string);
	expect(await lab.drift()).toBe(0);
});
