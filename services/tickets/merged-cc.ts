/** Whose addresses go to whom, normalised. */
interface Addresses {
	fromEmails: readonly string[];
	toEmails: readonly string[];
	/** the one that is written from now on; null where the addresses stay as they are */
	toEmail: string | null;
}

/**
 * The addresses copied on a ticket after one customer was merged into another: the first of the loser's becomes the
 * survivor's, and on a ticket of the survivor's own none of its addresses is left. Nobody is there twice.
 */
export function handedCc(cc: readonly string[], { fromEmails, toEmails, toEmail }: Addresses, own: boolean): string[] {
	const theirs = new Set([...fromEmails, ...toEmails]);
	if (own) return cc.filter((email) => !theirs.has(email));
	if (toEmail === null) return [...cc];
	return [...new Set(cc.map((email) => (fromEmails.includes(email) ? toEmail : email)))];
}

/** The addresses after a move is taken back; what somebody changed since stays changed. */
export function backCc(
	now: readonly string[],
	moved: { before: readonly string[]; after: readonly string[] },
): string[] {
	const { before, after } = moved;
	const added = new Set(after.filter((email) => !before.includes(email)));
	const kept = now.filter((email) => !added.has(email));
	// What the move put in and somebody took out meanwhile does not come back in its old form.
	if (added.size > 0 && kept.length === now.length) return [...now];
	const lost = before.filter((email) => !after.includes(email) && !kept.includes(email));
	const order = (email: string) => (before.includes(email) ? before.indexOf(email) : before.length);
	return [...kept, ...lost].sort((a, b) => order(a) - order(b));
}
