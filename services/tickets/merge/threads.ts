/** What of a message decides its place in a thread. */
export interface Placed {
	_id: string;
	/** the message that a copy shows; the message's own id where it is none */
	root: string;
	createdAt: Date;
	isPublic: boolean;
	attachments: number;
	seq: number;
	publicSeq: number;
}

/** What another thread adds: messages that this one does not show yet, each once. */
export function added(thread: readonly Placed[], other: readonly Placed[]): Placed[] {
	const known = new Set(thread.map(({ root }) => root));
	return other.filter(({ root }) => {
		if (known.has(root)) return false;
		known.add(root);
		return true;
	});
}

/** Two threads as one, by time; each keeps its own order, and where both say the same time the first comes first. */
export function interleaved(thread: readonly Placed[], other: readonly Placed[]): Placed[] {
	const all: Placed[] = [];
	let next = 0;
	for (const one of thread) {
		while (next < other.length && (other[next] as Placed).createdAt < one.createdAt) all.push(other[next++] as Placed);
		all.push(one);
	}
	return [...all, ...other.slice(next)];
}

/** The messages in this order, numbered from 1: `seq` over all, `publicSeq` over those that customers see, else 0. */
export function numbered(thread: readonly Placed[]): Placed[] {
	let publicSeq = 0;
	return thread.map((one, index) => {
		if (one.isPublic) publicSeq++;
		return { ...one, seq: index + 1, publicSeq: one.isPublic ? publicSeq : 0 };
	});
}

/** A ticket's counters over its whole thread. */
export function countersOf(thread: readonly Placed[]) {
	const publicOnes = thread.filter(({ isPublic }) => isPublic);
	const files = (messages: readonly Placed[]) => messages.reduce((sum, { attachments }) => sum + attachments, 0);
	return {
		messageCount: thread.length,
		publicMessageCount: publicOnes.length,
		attachmentCount: files(thread),
		publicAttachmentCount: files(publicOnes),
		lastMessageId: thread.at(-1)?._id ?? null,
		lastPublicMessageId: publicOnes.at(-1)?._id ?? null,
	};
}
