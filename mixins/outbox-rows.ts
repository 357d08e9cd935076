import type { EventContract } from "../contracts/event-contract.ts";
import type { DomainEvent } from "../lib/event-log.ts";
import { newId } from "../lib/ids.ts";
import type { OutboxRow } from "../models/outbox.ts";
import type { Command } from "./store.ts";

/** An event of a service as its outbox keeps it: about an aggregate, whose version is the event's `sequence`. */
export function outboxRow<D>(
	service: string,
	command: Pick<Command, "tenantId" | "correlationId" | "causationId" | "actor" | "traceparent">,
	contract: EventContract<D>,
	aggregate: { _id: string; version: number },
	data: D,
	now: Date,
): OutboxRow {
	const { tenantId, correlationId, causationId, actor, traceparent } = command;
	const event: DomainEvent = {
		id: newId(),
		type: contract.type,
		specversion: "1.0",
		source: service,
		tenantId,
		subject: `${contract.aggregate}/${aggregate._id}`,
		time: now.toISOString(),
		sequence: aggregate.version,
		dataSchema: `${contract.type}/${contract.version}`,
		correlationId,
		causationId,
		actor,
		...(traceparent ? { traceparent } : {}),
		data,
	};
	return rowOf(event, now);
}

/** The row of an event that is not yet published. */
export function rowOf(event: DomainEvent, createdAt: Date): OutboxRow {
	const { id, tenantId, subject, sequence } = event;
	return { _id: id, event: JSON.stringify(event), tenantId, subject, sequence, createdAt };
}

/** The event that a row keeps. */
export function eventOf(row: Pick<OutboxRow, "event">): DomainEvent {
	return JSON.parse(row.event) as DomainEvent;
}

type Place = Pick<OutboxRow, "_id" | "tenantId" | "subject" | "sequence">;

/**
 * Rows in the order in which they may be published: within a subject by `sequence`, then by id, whatever the clocks of
 * the machines that made the ids say; across subjects by id as far as that allows, which is about when they happened.
 */
export function inPublishingOrder<R extends Place>(rows: readonly R[]): R[] {
	const bySubject = new Map<string, R[]>();
	for (const row of rows) {
		const key = `${row.tenantId} ${row.subject}`;
		const queue = bySubject.get(key);
		if (queue) queue.push(row);
		else bySubject.set(key, [row]);
	}
	const placed: { row: R; at: string }[] = [];
	for (const queue of bySubject.values()) {
		let at = "";
		for (const row of queue.sort(bySequence)) {
			// Never before what goes first in its subject.
			if (row._id > at) at = row._id;
			placed.push({ row, at });
		}
	}
	return placed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ row }) => row);
}

function bySequence(a: Place, b: Place): number {
	return a.sequence - b.sequence || (a._id < b._id ? -1 : 1);
}
