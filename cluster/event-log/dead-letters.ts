import type { DeadLetter, DeadLetters, DomainEvent } from "../../lib/event-log.ts";
import { park } from "./group-state.ts";
import type { GroupStore } from "./group-store.ts";
import { isNotFound, type Link } from "./link.ts";
import type { Publisher } from "./publisher.ts";
import { messageAt, scan } from "./reader.ts";
import { letterSubject, token } from "./subjects.ts";

/** A dead letter before it is stored; its id is its position in the stream of dead letters. */
export interface NewDeadLetter extends Omit<DeadLetter, "id"> {
	/** The lane of the event. */
	lane: string;
	/** Whose event it is: the tenant that it is filed under, whatever its body says. */
	tenantId: string;
}

type StoredLetter = NewDeadLetter & { id: number };

const text = new TextDecoder();

function decode(data: Uint8Array, id: number): StoredLetter {
	return { id, ...(JSON.parse(text.decode(data)) as NewDeadLetter) };
}

function shown({ lane: _lane, tenantId: _tenantId, ...letter }: StoredLetter): DeadLetter {
	return letter;
}

/** What the groups of a log gave up, each with its event, so that it outlives the event itself. */
export class DeadLetterStore implements DeadLetters {
	readonly #link: Link;
	readonly #publisher: Publisher;
	readonly #groups: GroupStore;
	readonly #onReplay: (group: string) => void;

	/** `onReplay` is called with the group after an event was handed back to it. */
	constructor(link: Link, publisher: Publisher, groups: GroupStore, onReplay: (group: string) => void) {
		this.#link = link;
		this.#publisher = publisher;
		this.#groups = groups;
		this.#onReplay = onReplay;
	}

	/** Resolves when the letter is stored, in place of an earlier one of the same group and event. */
	async write(letter: NewDeadLetter): Promise<void> {
		const { group, position, lastFailedAt } = letter;
		const subject = letterSubject(this.#link.layout, letter);
		await this.#publisher.publish([
			{
				lane: subject,
				subject,
				id: `${group}:${position}:${lastFailedAt}`,
				body: JSON.stringify(letter),
				appendedAt: Date.parse(lastFailedAt),
			},
		]);
	}

	async list(options: { group?: string; tenantId?: string; after?: number; limit: number }): Promise<DeadLetter[]> {
		const { group, tenantId, after = 0, limit } = options;
		const letters: DeadLetter[] = [];
		if (limit < 1) return letters;
		await this.#scan({ group, tenantId, after }, (letter) => letters.push(shown(letter)) < limit);
		return letters;
	}

	async get(id: number): Promise<DeadLetter | null> {
		const letter = await this.#find(id);
		return letter && shown(letter);
	}

	async replay(id: number): Promise<boolean> {
		const letter = await this.#find(id);
		if (!letter) return false;
		// Parked first: a crash in between means that it can be replayed once more.
		await this.#groups.change(letter.group, (state) => {
			park(state, letter.lane, letter.position);
			return true;
		});
		this.#onReplay(letter.group);
		return this.discard(id);
	}

	async discard(id: number): Promise<boolean> {
		if (!Number.isSafeInteger(id) || id < 1) return false;
		try {
			return await this.#link.manager.streams.deleteMessage(this.#link.layout.letters, id);
		} catch (error) {
			if (isMissing(error)) return false;
			throw error;
		}
	}

	/** How many letters each group has. */
	async counts(): Promise<Map<string, number>> {
		const { letters, letterSubjects } = this.#link.layout;
		const info = await this.#link.manager.streams.info(letters, { subjects_filter: `${letterSubjects}.>` });
		const counts = new Map<string, number>();
		for (const [subject, count] of Object.entries(info.state.subjects ?? {})) {
			const group = subject.slice(letterSubjects.length + 1).split(".")[0] as string;
			counts.set(group, (counts.get(group) ?? 0) + count);
		}
		return counts;
	}

	/** Of {@link counts}. */
	static keyOf(group: string): string {
		return token(group);
	}

	/** The positions of every event that is a dead letter of some group. */
	async positions(): Promise<Set<number>> {
		const { letters, letterSubjects } = this.#link.layout;
		const info = await this.#link.manager.streams.info(letters, { subjects_filter: `${letterSubjects}.>` });
		const subjects = Object.keys(info.state.subjects ?? {});
		return new Set(subjects.map((subject) => Number(subject.slice(subject.lastIndexOf(".") + 1))));
	}

	/** Removes the letters of a group whose events lie after a position; all of a group, or of a tenant. */
	async remove(of: { group?: string; tenantId?: string }, position = 0): Promise<void> {
		if (position === 0) {
			await this.#link.manager.streams.purge(this.#link.layout.letters, { filter: this.#filter(of) });
			return;
		}
		const ids: number[] = [];
		await this.#scan({ ...of, after: 0 }, (letter) => {
			if (letter.position > position) ids.push(letter.id);
			return true;
		});
		for (const id of ids) await this.discard(id);
	}

	/** Replaces what the events of letters say of a tenant; see `EventLog.redact`. */
	async rewrite(tenantId: string, rewrite: (event: DomainEvent) => DomainEvent | null): Promise<number> {
		const changed: { old: StoredLetter; event: DomainEvent }[] = [];
		await this.#scan({ tenantId, after: 0 }, (old) => {
			const event = rewrite(old.event);
			if (event) changed.push({ old, event });
			return true;
		});
		for (const { old, event } of changed) {
			const { id, ...letter } = old;
			const subject = letterSubject(this.#link.layout, { group: letter.group, position: letter.position, tenantId });
			const body = JSON.stringify({ ...letter, event });
			const appendedAt = Date.parse(letter.lastFailedAt);
			await this.#publisher.publish([
				{ lane: subject, subject, id: `${letter.group}:rewritten:${id}`, body, appendedAt },
			]);
		}
		return changed.length;
	}

	async #find(id: number): Promise<StoredLetter | null> {
		if (!Number.isSafeInteger(id) || id < 1) return null;
		const message = await messageAt(this.#link, this.#link.layout.letters, id);
		return message && decode(message.data, id);
	}

	#filter({ group, tenantId }: { group?: string; tenantId?: string }): string {
		const prefix = this.#link.layout.letterSubjects;
		return `${prefix}.${group === undefined ? "*" : token(group)}.${tenantId === undefined ? "*" : token(tenantId)}.*`;
	}

	async #scan(
		{ after, ...of }: { group?: string | undefined; tenantId?: string | undefined; after: number },
		visit: (letter: StoredLetter) => boolean,
	): Promise<void> {
		const filter = this.#filter(of as { group?: string; tenantId?: string });
		await scan(this.#link, { stream: this.#link.layout.letters, after, filter }, ({ data, position }) =>
			visit(decode(data, position)),
		);
	}
}

/** The server says in more than one way that a message to be deleted is not there. */
function isMissing(error: unknown): boolean {
	const found = error as { api_error?: { err_code: number; description: string } } | null;
	return isNotFound(error) || /no message found|not found/i.test(found?.api_error?.description ?? "");
}
