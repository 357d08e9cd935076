import type { Mail } from "./import-mail.ts";

/*
 * What a desk's numbers must be after a mailbox went in, counted from the mails alone: nothing of the product is used,
 * so that what it counts is checked and not repeated.
 */

/** One answer of staff to a sender who waited. */
export interface CountedResponse {
	ticket: string;
	/** ms since 1970 */
	at: number;
	seconds: number;
	first: boolean;
}

export interface CountedTicket {
	/** id of the mail that started it */
	root: string;
	/** ms since 1970 */
	createdAt: number;
	status: "new" | "open";
	assigned: boolean;
	messages: number;
	responses: CountedResponse[];
}

const address = (mail: Mail) => mail.from.email.trim().normalize("NFKC").toLowerCase();

/**
 * Counts the mails that were taken, in the order of the import. Who started a thread is its customer and whoever else
 * writes there answers for the desk. `roots` names the first mail of each mail's thread.
 */
export function recountMail(taken: readonly Mail[], roots: ReadonlyMap<string, string>): CountedTicket[] {
	const tickets = new Map<
		string,
		CountedTicket & { customer: string; waitingSince: number | null; answered: boolean }
	>();
	for (const mail of taken) {
		const at = Date.parse(mail.date);
		const root = roots.get(mail.id) ?? mail.id;
		const ticket = tickets.get(root);
		if (!ticket) {
			tickets.set(root, {
				...{ root, createdAt: at, status: "new", assigned: false, messages: 1, responses: [] },
				...{ customer: address(mail), waitingSince: at, answered: false },
			});
			continue;
		}
		ticket.messages++;
		if (address(mail) === ticket.customer) {
			ticket.waitingSince ??= at;
			continue;
		}
		ticket.status = "open";
		ticket.assigned = true;
		if (ticket.waitingSince !== null) {
			const seconds = Math.max(0, Math.round((at - ticket.waitingSince) / 1000));
			ticket.responses.push({ ticket: root, at, seconds, first: !ticket.answered });
		}
		ticket.answered = true;
		ticket.waitingSince = null;
	}
	return [...tickets.values()];
}

/** The p-th percentile (0 to 100) by linear interpolation between closest ranks; null of nothing. */
export function percentile(values: readonly number[], p: number): number | null {
	const sorted = [...values].sort((a, b) => a - b);
	const rank = ((sorted.length - 1) * p) / 100;
	const below = sorted[Math.floor(rank)];
	const above = sorted[Math.ceil(rank)];
	if (below === undefined || above === undefined) return null;
	return below + (above - below) * (rank - Math.floor(rank));
}
