import { Errors } from "moleculer";
import type { Msg } from "nats";

/** What the library tells of a packet that it sends. */
export interface Packet {
	type: string;
	target: string | null;
	payload: { id?: string };
}

/** The requests that wait for their answers, as the library keeps them. */
export interface PendingRequests {
	pendingRequests: Map<string, { action: { name: string }; nodeID: string; reject(error: Error): void }>;
	removePendingRequest(id: string): void;
}

/** The server's own word for a message that nobody was there to get. */
const NO_RESPONDERS = 503;

/** What a ping comes back as, before the node's id; no id of a request begins so. */
const PING = "ping_";

/**
 * The packets that nobody was there to get, as the server says by answering to the subject that they were sent with: a
 * request fails at once instead of waiting for an answer, and of a ping it is told which node it did not reach.
 */
export class UndeliveredPackets {
	readonly #inbox: string;
	readonly #requests: () => PendingRequests;
	readonly #unreached: (nodeID: string) => void;

	/** `inbox`: below it packets come back, each with its id as the last part. */
	constructor(inbox: string, requests: () => PendingRequests, unreached: (nodeID: string) => void) {
		this.#inbox = inbox;
		this.#requests = requests;
		this.#unreached = unreached;
	}

	/** Where the server says that nobody was there to get a packet; none for what nobody waits for. */
	replyTo({ type, target, payload }: Packet): string | undefined {
		if (type === "REQ" && payload.id) return `${this.#inbox}.${payload.id}`;
		return type === "PING" && target ? `${this.#inbox}.${PING}${target}` : undefined;
	}

	/**
	 * Nobody got a request, so there is no need to wait for its answer. Anybody could say so who sees the request go by:
	 * it is no reason to send a command a second time.
	 */
	take({ subject, headers, data }: Msg): void {
		if (headers?.code !== NO_RESPONDERS || data.length > 0) return;
		const id = subject.slice(this.#inbox.length + 1);
		if (id.startsWith(PING)) {
			this.#unreached(id.slice(PING.length));
			return;
		}
		const requests = this.#requests();
		const pending = requests.pendingRequests.get(id);
		if (!pending) return;
		requests.removePendingRequest(id);
		const { action, nodeID } = pending;
		pending.reject(
			new Errors.MoleculerRetryableError(`${action.name} did not reach ${nodeID}`, 503, "NOT_DELIVERED", {
				action: action.name,
				nodeID,
			}),
		);
	}
}
