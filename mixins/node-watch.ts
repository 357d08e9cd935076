/** Silence of a node that has calls to answer, after which it is asked whether it is there, ms. */
export const SILENCE_MS = 200;
/** How often nodes are looked at, ms. */
export const TICK_MS = 100;
/** A tick that comes so late says that the own process had no time: what was sent to it lies there unread, ms. */
const LATE_MS = 200;
/**
 * So many questions, one a tick, that get no answer mean that a node is gone: few where something sent to it did not even
 * reach it, more where it may have no time, for a machine under load can keep a process waiting for long.
 */
const UNANSWERED_OUT_OF_REACH = 5;
const UNANSWERED = 25;

/** How long a node that was given up is asked now and then whether it is back after all, ms. */
const LOOK_BACK_MS = 30_000;

interface Watched {
	underWay: number;
	/** since when it has owed an answer without a sign of life, ms */
	silentSince: number;
	/** questions since then */
	asked: number;
	/** something that was sent to it since then did not reach it */
	outOfReach: boolean;
	/** when it was given up, null while it counts as there, ms */
	givenUpAt: number | null;
}

/** The last copy of a service that is merely silent is kept: without it callers have nobody at all. */
function isGone({ asked, outOfReach }: Watched, isLast: () => boolean): boolean {
	if (asked >= UNANSWERED) return outOfReach || !isLast();
	return outOfReach && asked >= UNANSWERED_OUT_OF_REACH && !isLast();
}

/** What to do about the nodes at a tick. */
export interface Findings {
	/** to be asked for a sign of life */
	ask: string[];
	/** to be called no more until they are heard of again */
	giveUp: string[];
}

/**
 * Tells nodes that are gone from those that are slow: one that owes answers and gives no sign of life at all is asked for
 * one, and given up when it answers none of several questions. Everything that is heard of a node counts as a sign.
 * Questions are asked one a tick, and none where the own process had no time to hear the answers.
 */
export class NodeWatch {
	private readonly nodes = new Map<string, Watched>();
	private lastTick = Number.NEGATIVE_INFINITY;

	/** A call was sent to a node. */
	begin(node: string, now: number): void {
		const watched = this.nodes.get(node);
		if (!watched) this.nodes.set(node, { underWay: 1, silentSince: now, asked: 0, outOfReach: false, givenUpAt: null });
		else if (++watched.underWay === 1 && watched.asked === 0) watched.silentSince = now;
	}

	/** A call to a node has ended, well or not. */
	end(node: string): void {
		const watched = this.nodes.get(node);
		if (watched && watched.underWay > 0) watched.underWay--;
	}

	/** Something came from a node. Whether it had been given up. */
	heard(node: string, now: number): boolean {
		const watched = this.nodes.get(node);
		if (!watched) return false;
		const wasGivenUp = watched.givenUpAt !== null;
		watched.silentSince = now;
		watched.asked = 0;
		watched.outOfReach = false;
		watched.givenUpAt = null;
		return wasGivenUp;
	}

	/** Something that was sent to a node did not reach it. */
	missed(node: string): void {
		const watched = this.nodes.get(node);
		if (!watched) return;
		watched.outOfReach = true;
		watched.asked ||= 1;
	}

	/** A node has left by itself. */
	forget(node: string): void {
		this.nodes.delete(node);
	}

	/** How many calls a node has to answer. */
	underWay(node: string): number {
		return this.nodes.get(node)?.underWay ?? 0;
	}

	/** Whether a node is under suspicion: it was asked for a sign of life and has not given one yet. */
	isSilent(node: string): boolean {
		return (this.nodes.get(node)?.asked ?? 0) > 0;
	}

	/** To be called every {@link TICK_MS}. `isLast` says whether some service would have no copy left without a node. */
	tick(now: number, isLast: (node: string) => boolean): Findings {
		const findings: Findings = { ask: [], giveUp: [] };
		const isLate = now - this.lastTick > LATE_MS;
		this.lastTick = now;
		if (isLate) return findings;
		for (const [node, watched] of this.nodes) {
			if (watched.givenUpAt !== null) this.lookBack(node, watched, now, findings);
			else if (watched.asked > 0 || (watched.underWay > 0 && now - watched.silentSince >= SILENCE_MS))
				this.question(node, watched, now, isLast, findings);
			else if (watched.underWay === 0 && now - watched.silentSince > LOOK_BACK_MS) this.nodes.delete(node);
		}
		return findings;
	}

	private question(
		node: string,
		watched: Watched,
		now: number,
		isLast: (node: string) => boolean,
		findings: Findings,
	): void {
		if (isGone(watched, () => isLast(node))) {
			watched.givenUpAt = now;
			findings.giveUp.push(node);
			return;
		}
		watched.asked++;
		findings.ask.push(node);
	}

	private lookBack(node: string, { givenUpAt }: Watched, now: number, findings: Findings): void {
		if (now - (givenUpAt ?? 0) < LOOK_BACK_MS) findings.ask.push(node);
		else this.nodes.delete(node);
	}
}
