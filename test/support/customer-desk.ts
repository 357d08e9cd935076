import type { Clock } from "../../lib/clock.ts";
import { type Client, type Desk, type DeskTenant, startDesk } from "./desk.ts";

/** A desk with two tenants, and a customer of the first who can ask for things. */
export interface CustomerDesk {
	desk: Desk;
	home: DeskTenant;
	foreign: DeskTenant;
	/** the customer's id */
	cora: string;
	customer: Client;
}

export async function startCustomerDesk(options: { clock?: Clock } = {}): Promise<CustomerDesk> {
	const desk = await startDesk(options);
	const [home, foreign] = await Promise.all([desk.tenant(), desk.tenant()]);
	const made = await home.as.owner<{ id: string }>("POST", "/customers", {
		body: { name: "Cora", email: "c@x.example" },
	});
	const cora = made.body.id;
	return { desk, home, foreign, cora, customer: await home.customer(cora) };
}
