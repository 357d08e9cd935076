// Puts a mailbox into a running desk through the public API: a thread is a ticket, its first sender the requester, every
// sender a customer. Every row is accounted for: taken, refused because it is there already, or refused with the answer
// that refused it. An import that was cut off is simply run again.
//   node test/support/import-mail.ts FILE.ndjson [TOKEN]      (CONDUCTOR_URL or HOST and PORT say where)
import { readFileSync } from "node:fs";
import { type Api, connect } from "../../scripts/api-client.ts";

/** One mail of the file. `inReplyTo` names another mail's id or nothing. */
export interface Mail {
	id: string;
	inReplyTo: string | null;
	from: { name: string | null; email: string };
	date: string;
	subject: string;
	text: string;
}

/** What became of one mail. */
export interface Outcome {
	mail: Mail;
	/** the ticket it is in, null where refused */
	ticketId: string | null;
	customerId: string | null;
	/** it was there already, from an earlier import */
	duplicate: boolean;
	/** the problem that refused it */
	refused: { status: number; code: string; detail: string } | null;
}

interface Answer {
	id: string;
	existingId?: string;
	ticketId?: string;
	type?: string;
	detail?: string;
}

const REFUSALS = [400, 409, 413, 422];

/** Reads a mailbox, one JSON object a line. */
export function readMail(file: string): Mail[] {
	return readFileSync(file, "utf8")
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as Mail);
}

/** The mail that started the thread of each mail, by id: a mail whose `inReplyTo` is not in the file starts one. */
export function threadRoots(mails: readonly Mail[]): Map<string, string> {
	const byId = new Map(mails.map((mail) => [mail.id, mail]));
	const roots = new Map<string, string>();
	for (const mail of mails) {
		let root = mail;
		const seen = new Set([root.id]);
		for (let parent = root.inReplyTo; parent !== null; parent = root.inReplyTo) {
			const found = byId.get(parent);
			if (!found || seen.has(found.id)) break;
			seen.add(found.id);
			root = found;
		}
		roots.set(mail.id, root.id);
	}
	return roots;
}

function refusal(status: number, body: Answer): Outcome["refused"] {
	return { status, code: (body.type ?? "").replace("/problems/", ""), detail: body.detail ?? "" };
}

/** The mails in their order, but no reply before the mail that started its thread: clocks in real mail are often wrong. */
export function rootsFirst(mails: readonly Mail[], roots: ReadonlyMap<string, string>): Mail[] {
	const byId = new Map(mails.map((mail) => [mail.id, mail]));
	const ordered = new Set<Mail>();
	for (const mail of mails) {
		const root = byId.get(roots.get(mail.id) ?? mail.id);
		if (root) ordered.add(root);
		ordered.add(mail);
	}
	return [...ordered];
}

/** Imports the mails in their order and tells what became of each. */
export async function importMail(api: Api, mails: readonly Mail[]): Promise<Outcome[]> {
	const roots = threadRoots(mails);
	const customers = new Map<string, string>();
	const tickets = new Map<string, { id: string; customerId: string }>();
	const outcomes: Outcome[] = [];

	const customerOf = async (mail: Mail): Promise<string | Outcome["refused"]> => {
		const key = mail.from.email.trim().toLowerCase();
		const known = customers.get(key);
		if (known) return known;
		const { status, body } = await api.request<Answer>(
			"POST",
			"/customers",
			{ email: mail.from.email, ...(mail.from.name ? { name: mail.from.name } : {}) },
			REFUSALS,
		);
		const id = status === 409 ? body.existingId : body.id;
		if (!id) return refusal(status, body);
		customers.set(key, id);
		return id;
	};

	for (const mail of rootsFirst(mails, roots)) {
		const outcome: Outcome = { mail, ticketId: null, customerId: null, duplicate: false, refused: null };
		outcomes.push(outcome);
		const customer = await customerOf(mail);
		if (typeof customer !== "string") {
			outcome.refused = customer;
			continue;
		}
		outcome.customerId = customer;
		const root = roots.get(mail.id) ?? mail.id;
		const ticket = tickets.get(root);
		const created = { createdAt: mail.date };
		if (!ticket && root !== mail.id) {
			outcome.refused = { status: 404, code: "not_found", detail: "The thread's first mail was refused." };
			continue;
		}
		const { status, body } = ticket
			? await api.request<Answer>(
					"POST",
					`/tickets/${ticket.id}/messages`,
					{
						body: mail.text,
						bodyFormat: "text",
						messageId: mail.id,
						...(mail.inReplyTo ? { inReplyTo: mail.inReplyTo } : {}),
						...created,
						...(customer === ticket.customerId ? { asCustomer: true } : {}),
					},
					REFUSALS,
				)
			: await api.request<Answer>(
					"POST",
					"/tickets",
					{
						subject: mail.subject,
						message: { body: mail.text, bodyFormat: "text", messageId: mail.id },
						customerId: customer,
						channel: "email",
						asCustomer: true,
						...created,
					},
					REFUSALS,
				);
		if (status === 409 && body.ticketId) {
			outcome.duplicate = true;
			outcome.ticketId = body.ticketId;
			if (!ticket) tickets.set(root, { id: body.ticketId, customerId: customer });
			continue;
		}
		if (status >= 400) {
			outcome.refused = refusal(status, body);
			continue;
		}
		if (ticket) outcome.ticketId = ticket.id;
		else {
			outcome.ticketId = body.id;
			tickets.set(root, { id: body.id, customerId: customer });
		}
	}
	return outcomes;
}

if (import.meta.main) {
	const [, , file, token] = process.argv;
	if (!file) throw new Error("which file?");
	if (token) process.env.DEMO_TOKEN = token;
	const outcomes = await importMail(connect(), readMail(file));
	const taken = outcomes.filter((outcome) => outcome.ticketId !== null);
	const known = outcomes.filter((outcome) => outcome.duplicate);
	console.log(
		`${outcomes.length} mails: ${taken.length - known.length} taken, ${known.length} refused as duplicates, ` +
			`${outcomes.length - taken.length} refused for another reason`,
	);
	console.log(
		`${new Set(taken.map((outcome) => outcome.ticketId)).size} tickets, ${new Set(outcomes.map((o) => o.customerId)).size} customers`,
	);
	for (const { mail, refused } of outcomes)
		if (refused) console.log(`refused ${mail.id}: ${refused.status} ${refused.code}: ${refused.detail}`);
}
