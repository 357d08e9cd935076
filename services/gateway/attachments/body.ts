import type { IncomingMessage } from "node:http";
import { MAX_UPLOAD_BYTES } from "../../../contracts/attachments.ts";
import { Problem } from "../../../lib/problem.ts";

/** How long a client may send nothing, and how long a body may take altogether, ms. */
const IDLE_MS = 30_000;
const ALTOGETHER_MS = 15 * 60_000;
/** How much of a body that is refused is read to its end, bytes and ms: a client that is cut off sees no answer. */
const DRAINED_BYTES = 64 * 1024 * 1024;
const DRAINED_MS = 5000;

export const tooLarge = (what: string, bytes: number) =>
	new Problem(413, "payload_too_large", `${what} may have at most ${bytes / 1024 / 1024} MiB.`);

const tooSlow = () =>
	new Problem(408, "request_timeout", "The file took too long to arrive.", { headers: { Connection: "close" } });

export const brokenOff = () => new Problem(400, "invalid_request", "The body ended too early.");

/** A promise that is rejected after a while, and how to take it back. */
function alarm(ms: number, error: () => Error): { over: Promise<never>; stop(): void } {
	let timer: NodeJS.Timeout | undefined;
	const over = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(error()), ms);
	});
	over.catch(() => undefined);
	return { over, stop: () => clearTimeout(timer) };
}

/**
 * The bytes of a body as they arrive, no faster than they are taken.
 * @throws 413 for too many, 408 for a client that is too slow, 400 for one that breaks off
 */
export async function* bytesOf(req: IncomingMessage): AsyncGenerator<Buffer> {
	const whole = alarm(ALTOGETHER_MS, tooSlow);
	const chunks = req.iterator({ destroyOnReturn: false });
	let size = 0;
	try {
		for (;;) {
			const idle = alarm(IDLE_MS, tooSlow);
			const next = (chunks.next() as Promise<IteratorResult<Buffer>>).catch(() => {
				throw brokenOff();
			});
			const { done, value } = await Promise.race([next, idle.over, whole.over]).finally(() => idle.stop());
			if (done) break;
			size += value.length;
			if (size > MAX_UPLOAD_BYTES) throw tooLarge("A request", MAX_UPLOAD_BYTES);
			yield value;
		}
		if (!req.complete) throw brokenOff();
	} finally {
		whole.stop();
		// Lets go of the request without ending it. Not waited for: it may still wait for bytes that never come.
		chunks.return?.().catch(() => undefined);
	}
}

/** Reads what is left of a body that is refused, so that the client gets to hear why. */
export async function drain(req: IncomingMessage): Promise<void> {
	const announced = Number(req.headers["content-length"] ?? 0);
	if (req.complete || req.destroyed || announced > DRAINED_BYTES) return;
	await new Promise<void>((resolve) => {
		let left = DRAINED_BYTES;
		const timer = setTimeout(end, DRAINED_MS);
		function end() {
			clearTimeout(timer);
			req.off("data", count).off("end", end).off("close", end).off("error", end);
			req.pause();
			resolve();
		}
		function count(chunk: Buffer) {
			left -= chunk.length;
			if (left < 0) end();
		}
		req.on("data", count).on("end", end).on("close", end).on("error", end);
		req.resume();
	});
}
