import type { ServiceSchema } from "moleculer";
import type { Caller, CallerTenant } from "../../contracts/caller.ts";
import { createCompany } from "../../contracts/companies.ts";
import type { ResultOf } from "../../contracts/contract.ts";
import { createCustomer } from "../../contracts/customers.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import type { Problem } from "../../lib/problem.ts";
import customersService from "../../services/customers/customers.service.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { staff, tenant } from "../support/callers.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";

/** The customers service alone on a broker, with two tenants and somebody of each role in the first. */
export interface CustomersDesk extends TestBroker {
	clock: ManualClock;
	home: CallerTenant;
	as: Record<"owner" | "admin" | "supervisor" | "agent" | "viewer" | "stranger", Caller>;
	/** the events about an aggregate, oldest first, when there are as many as told */
	eventsOf(id: string, count: number): Promise<DomainEvent<Record<string, unknown>>[]>;
	/**
	 * Whether a unique value that an update took out of a document is free again. It is, but on the server that may stand
	 * in for MongoDB (see test/embedded/same-answers.test.ts).
	 */
	freesUniqueValues: boolean;
	customer(fields?: object): Promise<ResultOf<typeof createCustomer>>;
	company(fields?: object): Promise<ResultOf<typeof createCompany>>;
}

let counter = 0;

async function freesUnique({ runtime }: TestBroker): Promise<boolean> {
	if (runtime.config.mongoUrl === null) return true;
	const connection = await runtime.openConnection("probe");
	const rows = connection.collection<{ _id: string; value: string }>("rows");
	await rows.createIndex({ value: 1 }, { unique: true });
	await rows.insertOne({ _id: "first", value: "taken" });
	await rows.updateOne({ _id: "first" }, { $set: { value: "given up" } });
	const second = rows.insertOne({ _id: "second", value: "taken" });
	const freed = await second.then(
		() => true,
		() => false,
	);
	await connection.dropDatabase();
	await connection.close();
	return freed;
}

export async function customersDesk(others: (() => ServiceSchema)[] = []): Promise<CustomersDesk> {
	const clock = manualClock();
	const broker = await startBroker([customersService, ...others], { clock });
	const freesUniqueValues = await freesUnique(broker);
	const home = tenant();
	const as = {
		owner: staff(home, "owner"),
		admin: staff(home, "admin"),
		supervisor: staff(home, "supervisor"),
		agent: staff(home, "agent"),
		viewer: staff(home, "viewer"),
		stranger: staff(tenant(), "owner"),
	};
	return {
		...broker,
		clock,
		home,
		as,
		freesUniqueValues,
		eventsOf: (id, count) =>
			until(
				async () =>
					(await broker.runtime.events.read({ limit: 10_000 }))
						.map(({ event }) => event as DomainEvent<Record<string, unknown>>)
						.filter((event) => event.subject.endsWith(`/${id}`)),
				(found) => found.length >= count,
			),
		customer: (fields = {}) =>
			broker.call(createCustomer, { name: "Ada", email: `c${counter++}@mail.example`, ...fields }, as.agent),
		company: (fields = {}) => broker.call(createCompany, { name: `Company ${counter++}`, ...fields }, as.agent),
	};
}

/** The problem that a call is refused with. */
export async function problemOf(call: Promise<unknown>): Promise<Problem & { status: string }> {
	try {
		await call;
	} catch (error) {
		const problem = error as Problem;
		return Object.assign(problem, { status: `${problem.code} ${problem.type}` });
	}
	throw new Error("the call was not refused");
}

/** Waits until a condition holds; fails after ten seconds. */
export async function until<T>(look: () => Promise<T> | T, holds: (value: T) => boolean): Promise<T> {
	const end = Date.now() + 10_000;
	for (;;) {
		const value = await look();
		if (holds(value)) return value;
		if (Date.now() > end) throw new Error(`waited in vain, last seen: ${JSON.stringify(value)}`);
		await new Promise((resolve) => setImmediate(resolve));
	}
}
