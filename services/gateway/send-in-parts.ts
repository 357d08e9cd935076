import { once } from "node:events";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { RawExchange } from "./raw-route.ts";

/** Writes one part of a body, and waits until the client has taken enough to be given more. False where it has left. */
async function hand(res: ServerResponse, part: Buffer): Promise<boolean> {
	if (res.destroyed) return false;
	if (!res.write(part)) {
		const waited = new AbortController();
		const { signal } = waited;
		await Promise.race([once(res, "drain", { signal }), once(res, "close", { signal })]);
		// Nothing listens on: a large file has many parts.
		waited.abort();
	}
	return !res.destroyed;
}

/**
 * Answers with a body that comes in parts: the next is only asked for when the client has taken those before, and none
 * any more once it has left. The head goes out with the first part, so that whoever fails to give that is answered with a
 * problem; where a later one fails, the connection is cut: a client that gets no end of its body, or fewer bytes than
 * were announced, knows that some are missing. HEAD gets the head alone.
 * @throws what asking for the first part throws
 */
export async function sendInParts(
	{ req, res }: RawExchange,
	status: number,
	headers: OutgoingHttpHeaders,
	parts: AsyncIterator<Buffer, void>,
): Promise<void> {
	let next = await parts.next();
	res.writeHead(status, headers);
	if (req.method === "HEAD") {
		res.end();
		return;
	}
	try {
		while (!next.done) {
			if (!(await hand(res, next.value))) return;
			next = await parts.next();
		}
		res.end();
	} catch (error) {
		res.destroy(error as Error);
	}
}
