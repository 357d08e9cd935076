import type { Msg, MsgHdrs } from "nats";
import { assertEvent, type DomainEvent } from "../../lib/event-log.ts";
import { isNotFound, type Link } from "./link.ts";
import { type Arrival, Pull } from "./pull.ts";
import { APPENDED_AT } from "./settings.ts";
import { tenantToken, token } from "./subjects.ts";

/** A message as it lies in a stream. */
export interface StoredMessage {
	position: number;
	subject: string;
	data: Uint8Array;
	headers: MsgHdrs | undefined;
}

const BATCH = 256;

export interface ScanOptions {
	stream: string;
	after: number;
	filter?: string;
	headersOnly?: boolean;
}

/** Calls `visit` for each message that is in a stream after a position, in order, until it returns false. */
export async function scan(link: Link, options: ScanOptions, visit: (arrival: Arrival) => boolean): Promise<void> {
	let goesOn = true;
	let left = 0;
	const pull = await Pull.open(link, {
		...options,
		take: (arrival) => {
			left = arrival.pending;
			if (goesOn) goesOn = visit(arrival);
		},
	});
	left = pull.pending;
	try {
		while (goesOn && left > 0) {
			const before = left;
			await pull.fetch(Math.min(BATCH, left), false);
			// Nothing came though something should: it was removed meanwhile.
			if (left === before) return;
		}
	} finally {
		pull.close();
	}
}

/** The message at a position, or null when it is not there. */
export async function messageAt(link: Link, stream: string, position: number): Promise<StoredMessage | null> {
	return getMessage(link, stream, { seq: position });
}

/** The first message from a position on whose subject fits a filter, or null. */
export async function firstFrom(
	link: Link,
	stream: string,
	position: number,
	filter: string,
): Promise<StoredMessage | null> {
	return getMessage(link, stream, { seq: position, next_by_subj: filter });
}

async function getMessage(
	link: Link,
	stream: string,
	query: { seq: number; next_by_subj?: string },
): Promise<StoredMessage | null> {
	try {
		// From the leader: a replica may lag behind.
		const { seq, subject, data, header } = await link.manager.streams.getMessage(stream, query as { seq: number });
		return { position: seq, subject, data, headers: header };
	} catch (error) {
		if (isNotFound(error)) return null;
		throw error;
	}
}

/** Where a stream begins and ends: the positions of its first and its newest message; first > last when it is empty. */
export async function bounds(link: Link, stream: string): Promise<{ first: number; last: number }> {
	const { state } = await link.manager.streams.info(stream);
	return { first: Math.max(1, state.first_seq), last: state.last_seq };
}

/** When a message was appended, ms since the epoch. */
export function appendedAt(message: { headers: MsgHdrs | undefined }): number {
	return Number(message.headers?.get(APPENDED_AT) || 0);
}

/** The position before the first event that was appended at an instant or later; the head where there is none. */
export async function positionBefore(link: Link, instant: number): Promise<number> {
	const { events, eventSubjects } = link.layout;
	let { first: low, last: high } = await bounds(link, events);
	// Halving: producers' clocks agree well enough that the log is in the order of time.
	while (low <= high) {
		const middle = Math.floor((low + high) / 2);
		const found = await firstFrom(link, events, middle, `${eventSubjects}.>`);
		if (found && found.position <= high && appendedAt(found) < instant) low = found.position + 1;
		else high = middle - 1;
	}
	return high;
}

const text = new TextDecoder();

function parse(data: Uint8Array): unknown {
	try {
		return JSON.parse(text.decode(data));
	} catch {
		return undefined;
	}
}

/**
 * The event in a message, fit for a handler.
 * @throws {TypeError} when it is not JSON, lacks a required field or names another tenant than its subject
 */
export function decodeEvent(link: Link, { position, subject, data }: Omit<StoredMessage, "headers">): DomainEvent {
	const event = parse(data);
	if (event === undefined) throw new TypeError(`event at position ${position} refused: it is not JSON`);
	assertEvent(event);
	if (token(event.tenantId) !== tenantToken(link.layout, subject))
		throw new TypeError(`event "${event.type}" refused: it is filed under another tenant`);
	return event;
}

/** The tenant that an event is filed under. */
export function tenantOf(link: Link, subject: string): string {
	const name = tenantToken(link.layout, subject);
	try {
		return name === "%" ? "" : decodeURIComponent(name);
	} catch {
		return name;
	}
}

/** The event in a message for inspection: what can be known of it when its body is no event. */
export function showEvent(link: Link, { position, subject, data }: Omit<StoredMessage, "headers">): DomainEvent {
	const event = parse(data);
	if (typeof event === "object" && event !== null) return event as DomainEvent;
	const tenantId = tenantOf(link, subject);
	return { id: `position-${position}`, type: "unknown", tenantId, subject: "unknown", data: null } as DomainEvent;
}

/** The id that an event was published under. */
export function eventId(message: Pick<Msg, "headers"> | StoredMessage): string | null {
	return message.headers?.get("Nats-Msg-Id") || null;
}
