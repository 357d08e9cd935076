import type { KvOptions, StreamConfig } from "nats";

/** Milliseconds as JetStream wants them. */
export const nanoseconds = (ms: number): number => ms * 1_000_000;

/** An event that is published again within this time is dropped by its id, ms. */
export const DUPLICATE_WINDOW_MS = 600_000;
/** How long one request to the server may take, ms. */
export const REQUEST_MS = 3_000;
/** How long an append goes on trying while the server is away, ms. */
export const APPEND_PATIENCE_MS = 5_000;
/** How long a publication waits for its acknowledgement before it is sent again, ms. */
export const ACKNOWLEDGE_MS = 1_500;
/** How many publications are under way at the same time. */
export const PUBLICATIONS = 256;
/** A server syncs to the disk this often by default; on a power cut it may lose what is younger. Twice over, ms. */
export const UNSYNCED_MS = 240_000;
/** The server forgets a consumer that nobody pulls from, after ms. */
export const CONSUMER_IDLE_MS = 30_000;

/** When an event was appended, ms since the epoch by the producer's clock: a header of the message. */
export const APPENDED_AT = "Conductor-Appended-At";

/** The names of everything that one deployment keeps in JetStream. */
export interface Layout {
	/** the stream of events, on the subjects `<eventSubjects>.<tenant>.<type>` */
	events: string;
	eventSubjects: string;
	/** the stream of dead letters, on the subjects `<letterSubjects>.<group>.<tenant>.<position>` */
	letters: string;
	letterSubjects: string;
	/** the bucket with a value for each consumer group: its place, its lease and what it has parked */
	groups: string;
	/** where the members of a group tell each other to look at its value, on `<nudges>.<group>` */
	nudges: string;
}

export function layoutOf(deployment: string): Layout {
	const name = deployment.toUpperCase();
	return {
		events: `${name}_EVENTS`,
		eventSubjects: `${deployment}.events`,
		letters: `${name}_DEAD_LETTERS`,
		letterSubjects: `${deployment}.dead-letters`,
		groups: `${name}_GROUPS`,
		nudges: `${deployment}.groups`,
	};
}

/**
 * How the streams are made. What an operator changes afterwards (replicas, limits, placement) stays.
 * Nothing expires by itself: an event leaves when it is pruned.
 */
export function streamsOf(layout: Layout, replicas: number): Partial<StreamConfig>[] {
	const common = {
		storage: "file",
		retention: "limits",
		discard: "new",
		num_replicas: replicas,
		allow_direct: true,
		duplicate_window: nanoseconds(DUPLICATE_WINDOW_MS),
	} as Partial<StreamConfig>;
	return [
		{ ...common, name: layout.events, subjects: [`${layout.eventSubjects}.>`], description: "domain events" },
		{
			...common,
			name: layout.letters,
			subjects: [`${layout.letterSubjects}.>`],
			// One for each group and event, the last one: an event that dies twice is one dead letter.
			max_msgs_per_subject: 1,
			discard: "old" as StreamConfig["discard"],
			description: "events that a consumer group gave up",
		},
	];
}

export function bucketOf(replicas: number): Partial<KvOptions> {
	return { history: 1, replicas, description: "consumer groups: place, lease, parked events" };
}
