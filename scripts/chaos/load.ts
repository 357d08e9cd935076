import { setTimeout as pause } from "node:timers/promises";
import { newId } from "../../lib/ids.ts";
import { type PatientClient, Refused } from "./client.ts";
import type { ModelArticle, ModelCustomer, ModelTenant, ModelTicket } from "./model.ts";
import type { Random } from "./random.ts";

/** How often each kind of command comes, relative to the others. */
export const MIX = {
	createCustomer: 10,
	updateCustomer: 9,
	createTicket: 20,
	reply: 18,
	customerMessage: 8,
	note: 5,
	assign: 10,
	changePriority: 8,
	solve: 8,
	createArticle: 3,
	vote: 7,
	mergeCustomers: 1,
	eraseCustomer: 1,
} as const;
export type CommandKind = keyof typeof MIX;

/** The share of tickets that are opened in the queue. */
const QUEUED = 0.5;

/** How often a saga that was accepted is looked at, ms. */
const SAGA_LOOK_MS = 250;
const PRIORITIES = ["low", "normal", "high", "urgent"];

interface TicketAnswer {
	id: string;
	number: number;
	customerId: string;
	status: string;
	priority: string;
	assigneeId: string | null;
	version: number;
}

/** What the load found wrong while it ran, and what it did. */
export interface LoadReport {
	acknowledged: Record<CommandKind, number>;
	violations: string[];
}

/**
 * Sends mixed commands and keeps account of what they must have done. Nothing is changed by two commands at once, so
 * that each answer can be compared with what was there before.
 */
export class Load {
	readonly report: LoadReport;
	private readonly client: PatientClient;
	private readonly tenants: readonly ModelTenant[];
	private readonly random: Random;
	private count = 0;

	constructor(client: PatientClient, tenants: readonly ModelTenant[], random: Random) {
		this.client = client;
		this.tenants = tenants;
		this.random = random;
		const none = Object.fromEntries(Object.keys(MIX).map((kind) => [kind, 0])) as Record<CommandKind, number>;
		this.report = { acknowledged: none, violations: [] };
	}

	/** Does one command, of a kind that is possible now. */
	async one(): Promise<void> {
		const tenant = this.random.pick(this.tenants);
		const kind = this.random.weighted(MIX);
		const marker = `m${++this.count}x${newId().slice(-6)}`;
		try {
			const done = await this.commands[kind](tenant, marker);
			if (done) this.report.acknowledged[kind]++;
			else {
				await this.createTicket(tenant, marker);
				this.report.acknowledged.createTicket++;
			}
		} catch (error) {
			if (!(error instanceof Refused)) throw error;
			this.report.violations.push(error.message);
		}
	}

	private readonly commands: Record<CommandKind, (tenant: ModelTenant, marker: string) => Promise<boolean>> = {
		createCustomer: (tenant, marker) => this.createCustomer(tenant, marker),
		updateCustomer: (tenant, marker) => this.updateCustomer(tenant, marker),
		createTicket: (tenant, marker) => this.createTicket(tenant, marker),
		reply: (tenant, marker) => this.message(tenant, marker, "agent"),
		customerMessage: (tenant, marker) => this.message(tenant, marker, "customer"),
		note: (tenant, marker) => this.message(tenant, marker, "note"),
		assign: (tenant) => this.assign(tenant),
		changePriority: (tenant) => this.changePriority(tenant),
		solve: (tenant) => this.solve(tenant),
		createArticle: (tenant, marker) => this.createArticle(tenant, marker),
		vote: (tenant) => this.vote(tenant),
		mergeCustomers: (tenant) => this.mergeCustomers(tenant),
		eraseCustomer: (tenant) => this.eraseCustomer(tenant),
	};

	/** One of those that nobody works on, held until `work` is done; false where there is none. */
	private async holding<T extends { busy: boolean }>(
		list: readonly T[],
		fits: (item: T) => boolean,
		work: (item: T) => Promise<void>,
	): Promise<boolean> {
		for (let attempt = 0; attempt < 20 && list.length > 0; attempt++) {
			const item = this.random.pick(list);
			if (item.busy || !fits(item)) continue;
			item.busy = true;
			try {
				await work(item);
				return true;
			} finally {
				item.busy = false;
			}
		}
		return false;
	}

	private agent(tenant: ModelTenant): string {
		return this.random.pick(tenant.agents).token;
	}

	private async createCustomer(tenant: ModelTenant, marker: string): Promise<boolean> {
		const [name, email] = [`Customer ${marker}`, `${marker}@mail.example`];
		const { body } = await this.client.command<{ id: string }>(this.agent(tenant), "POST", "/customers", {
			name,
			email,
		});
		tenant.customers.push({ id: body.id, name, email, tags: [], mergedIntoId: null, erased: false, busy: false });
		return true;
	}

	private updateCustomer(tenant: ModelTenant, marker: string): Promise<boolean> {
		return this.holding(tenant.customers, isLive, async (customer) => {
			const tags = [...customer.tags, marker].slice(-5);
			const name = `Customer ${marker}`;
			const route = `/customers/${customer.id}`;
			await this.client.command(this.agent(tenant), "PATCH", route, { name, tags });
			Object.assign(customer, { name, tags });
		});
	}

	private async createTicket(tenant: ModelTenant, marker: string): Promise<boolean> {
		const subject = `Chaos ${marker}`;
		const queued = this.random.next() < QUEUED;
		const make = async (customer: { customerId: string } | { customer: { email: string; name: string } }) => {
			const { body } = await this.client.command<TicketAnswer>(tenant.ownerToken, "POST", "/tickets", {
				subject,
				description: `First ${marker}`,
				...customer,
				...(queued ? { groupId: tenant.queue.groupId } : {}),
				asCustomer: true,
			});
			if (queued && !tenant.agents.some(({ id }) => id === body.assigneeId))
				this.report.violations.push(`ticket ${body.id} was given to ${body.assigneeId}`);
			// Rules and promises move a ticket of the queue by themselves.
			const version = queued ? Number.NaN : body.version;
			const rest = { subject, messages: [`First ${marker}`], solves: 0, erased: false, busy: false };
			tenant.tickets.push({ ...body, ...rest, version, queued });
			return body;
		};
		const makeForSomebodyNew = async () => {
			const [name, email] = [`Writer ${marker}`, `${marker}@mail.example`];
			const { customerId } = await make({ customer: { email, name } });
			tenant.customers.push({ id: customerId, name, email, tags: [], mergedIntoId: null, erased: false, busy: false });
		};
		const held =
			this.random.next() >= 0.25 &&
			(await this.holding(tenant.customers, isLive, async ({ id }) => {
				await make({ customerId: id });
			}));
		if (!held) await makeForSomebodyNew();
		return true;
	}

	private message(tenant: ModelTenant, marker: string, by: "agent" | "customer" | "note"): Promise<boolean> {
		return this.holding(tenant.tickets, isOpen, async (ticket) => {
			const body = `${by} ${marker}`;
			const token = by === "customer" ? tenant.ownerToken : this.agent(tenant);
			const answer = await this.client.command<{ ticket: TicketAnswer }>(
				token,
				"POST",
				`/tickets/${ticket.id}/messages`,
				{
					body,
					...(by === "note" ? { kind: "internal_note" } : {}),
					...(by === "customer" ? { asCustomer: true } : {}),
				},
			);
			ticket.messages.push(body);
			this.changed(ticket, answer.body.ticket);
		});
	}

	private assign(tenant: ModelTenant): Promise<boolean> {
		return this.holding(tenant.tickets, isOpen, async (ticket) => {
			const others = tenant.agents.filter(({ id }) => id !== ticket.assigneeId);
			const assigneeId = this.random.pick(others).id;
			const route = `/tickets/${ticket.id}/assign`;
			const { body } = await this.client.command<TicketAnswer>(tenant.ownerToken, "POST", route, { assigneeId });
			this.changed(ticket, body);
			if (body.assigneeId !== assigneeId)
				this.report.violations.push(`ticket ${ticket.id} was assigned to somebody else`);
		});
	}

	private changePriority(tenant: ModelTenant): Promise<boolean> {
		return this.holding(tenant.tickets, isOpen, async (ticket) => {
			const priority = this.random.pick(PRIORITIES.filter((one) => one !== ticket.priority));
			const route = `/tickets/${ticket.id}`;
			const { body } = await this.client.command<TicketAnswer>(this.agent(tenant), "PATCH", route, { priority });
			this.changed(ticket, body);
		});
	}

	private solve(tenant: ModelTenant): Promise<boolean> {
		const fits = (ticket: ModelTicket) => isOpen(ticket) && ticket.status !== "solved" && ticket.assigneeId !== null;
		return this.holding(tenant.tickets, fits, async (ticket) => {
			const route = `/tickets/${ticket.id}`;
			const { body } = await this.client.command<TicketAnswer>(this.agent(tenant), "PATCH", route, {
				status: "solved",
			});
			ticket.solves++;
			this.changed(ticket, body);
		});
	}

	private async createArticle(tenant: ModelTenant, marker: string): Promise<boolean> {
		const title = `Chaos article ${marker}`;
		const { body } = await this.client.command<{ id: string }>(tenant.ownerToken, "POST", "/knowledge-base/articles", {
			title,
			body: `About **${marker}**.`,
			status: "published",
		});
		tenant.articles.push({ id: body.id, title, votes: new Map(), busy: false });
		return true;
	}

	private vote(tenant: ModelTenant): Promise<boolean> {
		return this.holding<ModelArticle>(
			tenant.articles,
			() => true,
			async (article) => {
				const voter = this.random.pick(tenant.voters);
				const value = this.random.pick([1, -1]);
				const route = `/knowledge-base/articles/${article.id}/rate`;
				await this.client.command(voter, "POST", route, { helpful: value === 1 });
				article.votes.set(voter, value);
			},
		);
	}

	private mergeCustomers(tenant: ModelTenant): Promise<boolean> {
		return this.holding<ModelCustomer>(tenant.customers, isLive, (survivor) =>
			this.holding<ModelCustomer>(tenant.customers, isLive, async (loser) => {
				const route = `/customers/${survivor.id}/merge`;
				// From now on the merge may change them at any moment, beside other commands.
				const moving = tenant.tickets.filter(({ customerId }) => customerId === loser.id);
				for (const ticket of moving) ticket.version = Number.NaN;
				const merge = { loserId: loser.id };
				const { status, body } = await this.client.command<{ id: string }>(tenant.ownerToken, "POST", route, merge);
				// Accepted, and both are locked until it is done.
				if (status === 202) await this.settled(tenant, body.id);
				tenant.merges++;
				loser.mergedIntoId = survivor.id;
				survivor.tags = [...survivor.tags, ...loser.tags];
				for (const ticket of tenant.tickets)
					if (ticket.customerId === loser.id) Object.assign(ticket, { customerId: survivor.id, version: Number.NaN });
			}).then(() => undefined),
		);
	}

	/** Nobody works on the customer's tickets meanwhile: what is written then may be refused or not. */
	private eraseCustomer(tenant: ModelTenant): Promise<boolean> {
		const ticketsOf = ({ id }: ModelCustomer) => tenant.tickets.filter(({ customerId }) => customerId === id);
		const isQuiet = (customer: ModelCustomer) => isLive(customer) && ticketsOf(customer).every(({ busy }) => !busy);
		return this.holding<ModelCustomer>(tenant.customers, isQuiet, async (customer) => {
			const own = ticketsOf(customer);
			for (const ticket of own) Object.assign(ticket, { busy: true, version: Number.NaN });
			try {
				const route = `/customers/${customer.id}/erase`;
				const { body } = await this.client.command<{ id: string }>(tenant.ownerToken, "POST", route, {});
				await this.settled(tenant, body.id);
				customer.erased = true;
				for (const ticket of own) ticket.erased = true;
			} finally {
				for (const ticket of own) ticket.busy = false;
			}
		});
	}

	/** Waits for a saga that was begun. One that is acknowledged has to succeed. */
	private async settled(tenant: ModelTenant, sagaId: string): Promise<void> {
		for (;;) {
			const saga = await this.client.read<{ status: string }>(tenant.ownerToken, `/sagas/${sagaId}`);
			if (saga.status === "completed") return;
			if (saga.status !== "running") {
				this.report.violations.push(`the saga ${sagaId} was acknowledged and is ${saga.status}`);
				return;
			}
			await pause(SAGA_LOOK_MS);
		}
	}

	private changed(ticket: ModelTicket, { version, status, priority, assigneeId }: TicketAnswer): void {
		this.expectNext(`ticket ${ticket.id}`, ticket.version, version);
		ticket.version = nextVersion(ticket.version, version);
		ticket.status = status;
		if (priority !== undefined) ticket.priority = priority;
		if (assigneeId !== undefined) ticket.assigneeId = assigneeId;
	}

	/** Each acknowledged change is one new version. */
	private expectNext(what: string, before: number, after: number): void {
		if (before >= 0 && after !== before + 1)
			this.report.violations.push(`${what} went from version ${before} to ${after} by one command`);
	}
}

/** NaN stands for a version that other things move, too. */
const nextVersion = (before: number, after: number) => (Number.isNaN(before) ? before : after);
const isLive = ({ mergedIntoId, erased }: ModelCustomer) => mergedIntoId === null && !erased;
const isOpen = ({ status, erased }: ModelTicket) => status !== "closed" && !erased;
