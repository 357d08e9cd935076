import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../lib/clock.ts";
import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { type SharedMemory, sharedKey } from "../../lib/shared-memory.ts";
import type { Store } from "../../mixins/store.ts";
import { type IdempotencyRow, idempotencyModel } from "../../models/idempotency.ts";
import type { Answer } from "./respond.ts";
import { openAnswer, sealAnswer } from "./sealed-answer.ts";

/** How long a request may hold its key, ms: a little longer than a call may take. */
const LEASE_MS = 12_000;
/** The largest answer that is kept, characters. A repeat of a larger one runs again and its command's receipt answers. */
const MAX_ANSWER = 256 * 1024;
const SWEEP_BATCH = 1000;
const RETRY_AFTER_SEC = 1;

/** A request that shall take effect once, however often it comes. */
export interface KeyedRequest {
	key: string;
	tenantId: string;
	/** who sent it: a credential's id, or the address of somebody unknown */
	sender: string;
	/** what the answer is sealed with; kept nowhere */
	secret: string;
	method: string;
	/** with the ids in it */
	path: string;
	queryString: string;
	body: Buffer | null;
	ttlSec: number;
}

interface Claim {
	id: string;
	owner: string;
	requestHash: string;
	expiresAt: Date;
	/** the same for every repeat of the request */
	commandId: string;
}

/** The request's `Idempotency-Key`, or null where it has none or the method knows none. @throws 400 for a malformed one */
export function idempotencyKeyOf(method: string, headers: IncomingHttpHeaders): string | null {
	const key = headers["idempotency-key"];
	if (key === undefined || (method !== "POST" && method !== "PATCH")) return null;
	if (typeof key !== "string" || !/^[\x20-\x7e]{1,255}$/.test(key))
		throw new Problem(400, "invalid_request", "Idempotency-Key must be 1 to 255 printable ASCII characters.");
	return key;
}

const digest = (parts: (string | Buffer)[]) => {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(`${part.length} `).update(part);
	return hash.digest("hex");
};

const isDuplicate = (error: unknown) => (error as { code?: unknown }).code === 11000;

const inProgress = () =>
	new Problem(409, "idempotency_in_progress", "The first request with this key is still running.", {
		headers: { "Retry-After": String(RETRY_AFTER_SEC) },
	});

/**
 * Keeps the first answer of every request with an `Idempotency-Key` and gives it to the repeats. Rows are durable and
 * shared by all gateways. A process that dies in between leaves a lease that ends; the repeat then runs again as the
 * same command, whose receipt in the service gives the first result. Where the gateways share a memory, most repeats are
 * answered from it without a look at the rows.
 */
export class IdempotencyKeeper {
	private readonly store: Store;
	private readonly clock: Clock;
	private readonly memory: SharedMemory | null;
	private readonly onError: (error: unknown) => void;

	constructor(store: Store, clock: Clock, memory: SharedMemory | null, onError: (error: unknown) => void) {
		this.store = store;
		this.clock = clock;
		this.memory = memory;
		this.onError = onError;
	}

	private get rows() {
		return this.store.model(idempotencyModel);
	}

	/**
	 * The answer of a request: of the first one with its key, or of `perform`, which never rejects.
	 * @throws 409 `idempotency_in_progress`, 422 `idempotency_key_reused`
	 */
	async answer(request: KeyedRequest, perform: (commandId: string) => Promise<Answer>): Promise<Answer> {
		const { key, tenantId, sender, method, path, queryString, body } = request;
		const id = digest([tenantId, sender, method, path, key]);
		const requestHash = digest([queryString, body ?? ""]);
		const claimed = (await this.remembered(id, requestHash, request)) ?? (await this.claim(id, requestHash, request));
		if ("status" in claimed) return { ...claimed, headers: { ...claimed.headers, "Idempotency-Replayed": "true" } };
		const answer = await perform(claimed.commandId);
		await this.finish(claimed, answer, request).catch(this.onError);
		return answer;
	}

	/** The first answer, from the shared memory. @throws 422 `idempotency_key_reused` */
	private async remembered(id: string, requestHash: string, request: KeyedRequest): Promise<Answer | null> {
		const text = (await this.memory?.get(memoryKey(request, id))) ?? null;
		if (text === null) return null;
		const [hash, sealed] = text.split(" ", 2) as [string, string];
		if (hash !== requestHash) throw keyReused();
		return openAnswer(sealed, request.secret, request.key);
	}

	private async claim(id: string, requestHash: string, request: KeyedRequest): Promise<Claim | Answer> {
		for (let attempt = 0; attempt < 3; attempt++) {
			const fresh = await this.insert(id, requestHash, request);
			if (fresh) return fresh;
			const row = await this.rows.findById(id).lean<IdempotencyRow>();
			if (!row) continue;
			const now = this.clock.now();
			if (row.expiresAt <= now) {
				await this.rows.deleteOne({ _id: id, owner: row.owner });
				continue;
			}
			if (row.requestHash !== requestHash) throw keyReused();
			const kept = row.answer === undefined ? null : openAnswer(row.answer, request.secret, request.key);
			if (row.state === "done" && kept) return kept;
			if (row.state === "running" && row.leaseUntil > now) throw inProgress();
			const taken = await this.takeOver(row, now);
			if (taken) return taken;
		}
		throw inProgress();
	}

	private async insert(id: string, requestHash: string, request: KeyedRequest): Promise<Claim | null> {
		const createdAt = this.clock.now();
		const row: IdempotencyRow = {
			_id: id,
			tenantId: request.tenantId,
			requestHash,
			state: "running",
			owner: newId(),
			leaseUntil: new Date(createdAt.getTime() + LEASE_MS),
			createdAt,
			expiresAt: new Date(createdAt.getTime() + request.ttlSec * 1000),
		};
		try {
			await this.rows.create([row]);
			return claimOf(row, row.owner);
		} catch (error) {
			if (isDuplicate(error)) return null;
			throw error;
		}
	}

	/** A row whose owner is gone, or whose answer was not kept, is run again by whoever is first to take it. */
	private async takeOver(row: IdempotencyRow, now: Date): Promise<Claim | null> {
		const owner = newId();
		const { matchedCount } = await this.rows.updateOne(
			{ _id: row._id, owner: row.owner, state: row.state },
			{ $set: { owner, state: "running", leaseUntil: new Date(now.getTime() + LEASE_MS) } },
		);
		return matchedCount === 1 ? claimOf(row, owner) : null;
	}

	private async finish(claim: Claim, answer: Answer, request: KeyedRequest): Promise<void> {
		const { id, owner } = claim;
		const keep = answer.status < 500 && answer.status !== 429 && (answer.body?.length ?? 0) <= MAX_ANSWER;
		if (!keep) {
			await this.rows.updateOne({ _id: id, owner }, { $set: { state: "open" } });
			return;
		}
		const sealed = sealAnswer(answer, request.secret, request.key);
		const { matchedCount } = await this.rows.updateOne({ _id: id, owner }, { $set: { state: "done", answer: sealed } });
		const ttlMs = claim.expiresAt.getTime() - this.clock.now().getTime();
		if (matchedCount === 1 && ttlMs > 0)
			await this.memory?.set(memoryKey(request, id), `${claim.requestHash} ${sealed}`, ttlMs);
	}

	/** Removes what has expired; returns how many rows. */
	async sweep(): Promise<number> {
		let removed = 0;
		for (;;) {
			const expired = await this.rows
				.find({ expiresAt: { $lte: this.clock.now() } }, { _id: 1 })
				.sort({ expiresAt: 1 })
				.limit(SWEEP_BATCH)
				.lean<{ _id: string }[]>();
			if (expired.length > 0) await this.rows.deleteMany({ _id: { $in: expired.map(({ _id }) => _id) } });
			removed += expired.length;
			if (expired.length < SWEEP_BATCH) return removed;
		}
	}
}

const keyReused = () => new Problem(422, "idempotency_key_reused", "This Idempotency-Key belongs to another request.");

const memoryKey = ({ tenantId }: KeyedRequest, id: string) => sharedKey(tenantId, "idempotency", id);

/** A key that is used again after it expired names another command than before. */
function claimOf({ _id, requestHash, createdAt, expiresAt }: IdempotencyRow, owner: string): Claim {
	return { id: _id, owner, requestHash, expiresAt, commandId: `${_id}.${createdAt.getTime()}` };
}
