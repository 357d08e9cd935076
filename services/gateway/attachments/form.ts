import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { BusboyConstructor, BusboyHeaders, BusboyInstance } from "@fastify/busboy";
import { lazy } from "../../../lib/lazy.ts";
import { invalidField, Problem } from "../../../lib/problem.ts";
import { bytesOf } from "./body.ts";

const load = createRequire(import.meta.url);
const busboy = lazy(() => (load("@fastify/busboy") as { Busboy: BusboyConstructor }).Busboy);

/** What comes with a file in a form: next to nothing is taken, and nothing of it is used. */
const LIMITS = { files: 1, fields: 20, parts: 25, fieldSize: 16_384, headerPairs: 50, headerSize: 16_384 };

const notWellFormed = () =>
	new Problem(400, "invalid_request", "This is not a well-formed form, or it ended too early.");

function open(req: IncomingMessage): BusboyInstance {
	try {
		const Parser = busboy();
		// The whole name: what is left of it is decided in one place, for every way in.
		return new Parser({ headers: req.headers as BusboyHeaders, limits: LIMITS, preservePath: true });
	} catch {
		throw notWellFormed();
	}
}

/**
 * Hands the one file of a form on while it arrives.
 * @throws what `keep` throws, 400 for a form that is not well-formed, 422 where there is not exactly one file
 */
export async function fileOfForm<T>(
	req: IncomingMessage,
	keep: (content: AsyncIterable<Buffer>, fileName: string) => Promise<T>,
): Promise<T> {
	const form = open(req);
	let kept: Promise<T> | null = null;
	let several = false;
	// Whatever goes wrong first ends everything that waits for something.
	const failed = new Promise<never>((_, reject) => {
		form.on("error", () => reject(notWellFormed()));
		form.on("filesLimit", () => {
			several = true;
		});
		form.on("file", (_field: string, stream: AsyncIterable<Buffer>, fileName: string | undefined) => {
			kept = keep(stream, fileName ?? "");
			kept.catch(reject);
		});
	});
	failed.catch(() => undefined);
	const write = (chunk: Buffer) => new Promise<void>((resolve) => form.write(chunk, () => resolve()));
	for await (const chunk of bytesOf(req)) await Promise.race([write(chunk), failed]);
	const finished = once(form, "finish");
	finished.catch(() => undefined);
	form.end();
	await Promise.race([finished, failed]);
	if (kept === null) throw invalidField("/file", "The form holds no file.", "required");
	const result = await (kept as Promise<T>);
	if (several) throw invalidField("/file", "Send one file at a time.", "maxItems");
	return result;
}
