import { setTimeout as delay } from "node:timers/promises";
import type { EventLog } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import { domainEvent } from "./domain-event.ts";

/**
 * Makes an event of a tenant that a consumer gives up, and resolves with the id of its dead letter. For logs without
 * retries: elsewhere it takes as long as these.
 */
export async function makeDeadLetter(events: EventLog, tenantId: string): Promise<string> {
	const subscription = await events.subscribe({
		group: `fixture-${newId()}`,
		types: ["fixture.unwanted"],
		from: "now",
		handler: () => Promise.reject(new Error("this consumer wants no fixture")),
	});
	await events.append([
		domainEvent({ type: "fixture.unwanted", source: "test", tenantId, subject: `fixture/${newId()}` }),
	]);
	try {
		for (;;) {
			const [letter] = await events.deadLetters.list({ group: subscription.group, limit: 1 });
			if (letter) return String(letter.id);
			await delay(10);
		}
	} finally {
		await subscription.stop();
	}
}
