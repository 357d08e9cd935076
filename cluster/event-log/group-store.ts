import { setTimeout as pause } from "node:timers/promises";
import type { GroupState } from "./group-state.ts";
import type { Link } from "./link.ts";
import { scan } from "./reader.ts";
import { token } from "./subjects.ts";

export interface StoredGroup {
	state: GroupState;
	/** Changes with each write; a write names the one it has seen. */
	revision: number;
}

/** The server's code for a compare-and-set that came too late. */
const WRONG_SEQUENCE = 10_071;

const isTooLate = (error: unknown) =>
	(error as { api_error?: { err_code: number } } | null)?.api_error?.err_code === WRONG_SEQUENCE;

const text = new TextDecoder();

/** A bucket's keys allow fewer characters than a subject's tokens. */
const keyOf = (group: string) => token(group).replaceAll("%", "=");

/** The states of consumer groups in their bucket. */
export class GroupStore {
	readonly #link: Link;

	constructor(link: Link) {
		this.#link = link;
	}

	async read(group: string): Promise<StoredGroup | null> {
		const entry = await this.#link.bucket.get(keyOf(group));
		if (entry?.operation !== "PUT") return null;
		return { state: JSON.parse(text.decode(entry.value)), revision: entry.revision };
	}

	/** Makes a group; null when there is one by that name. */
	async create(state: GroupState): Promise<number | null> {
		return unlessTooLate(this.#link.bucket.create(keyOf(state.group), JSON.stringify(state)));
	}

	/** Writes what was read at `revision`; the new revision, or null when somebody else has written meanwhile. */
	async write(state: GroupState, revision: number): Promise<number | null> {
		return unlessTooLate(this.#link.bucket.update(keyOf(state.group), JSON.stringify(state), revision));
	}

	/**
	 * Reads a group, changes it and writes it, again when somebody else was faster. `change` returns false to leave it as it
	 * is. False when the group is not known or was left.
	 */
	async change(group: string, change: (state: GroupState) => boolean): Promise<boolean> {
		for (;;) {
			const found = await this.read(group);
			if (!found || !change(found.state)) return false;
			if ((await this.write(found.state, found.revision)) !== null) return true;
			await pause(Math.random() * 20);
		}
	}

	/** Removes a group as it was read at `revision`; false when somebody else has written meanwhile. */
	async remove(group: string, revision: number): Promise<boolean> {
		const { bucket, manager, layout } = this.#link;
		const key = keyOf(group);
		const removed = await unlessTooLate(bucket.delete(key, { previousSeq: revision }).then(() => 1));
		if (removed === null) return false;
		const mark = await bucket.get(key);
		if (mark?.operation === "DEL") {
			// The mark that it was removed goes as well, but nothing that was written after it.
			const filter = `$KV.${layout.groups}.${key}`;
			await manager.streams.purge(`KV_${layout.groups}`, { filter, seq: mark.revision + 1 });
		}
		return true;
	}

	/** Every group, by name. */
	async all(): Promise<StoredGroup[]> {
		const groups: StoredGroup[] = [];
		await scan(this.#link, { stream: `KV_${this.#link.layout.groups}`, after: 0 }, ({ data, position }) => {
			if (data.length > 0) groups.push({ state: JSON.parse(text.decode(data)), revision: position });
			return true;
		});
		// A group that was written while they were read comes twice, the newer one later.
		const byName = new Map(groups.map((found) => [found.state.group, found]));
		return [...byName.values()].sort((one, other) => (one.state.group < other.state.group ? -1 : 1));
	}
}

async function unlessTooLate(writing: Promise<number>): Promise<number | null> {
	try {
		return await writing;
	} catch (error) {
		if (isTooLate(error)) return null;
		throw error;
	}
}
