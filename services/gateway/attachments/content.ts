import { openAttachment, PART_BYTES, readAttachmentPart } from "../../../contracts/attachments.ts";
import { isId } from "../../../lib/ids.ts";
import { notFound, Problem } from "../../../lib/problem.ts";
import type { RawExchange, RawRoute } from "../raw-route.ts";
import { sendInParts } from "../send-in-parts.ts";
import { type Range, rangeOf } from "./range.ts";

/** `attachment` with the name in both forms of RFC 6266, for old and new browsers. */
export function disposition(fileName: string): string {
	const plain = fileName.replace(/[^\x20-\x7e]|["\\%]/g, "_");
	const encoded = encodeURIComponent(fileName.toWellFormed()).replace(
		/['()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
	return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** Reads a file's bytes, part by part. */
async function* bytes(
	{ call }: RawExchange,
	tenantId: string,
	id: string,
	{ first, last }: Range,
): AsyncGenerator<Buffer, void> {
	for (let part = Math.floor(first / PART_BYTES); part * PART_BYTES <= last; part++) {
		const { data } = await call(readAttachmentPart, { tenantId, id, part });
		const start = part * PART_BYTES;
		const wanted = Buffer.from(data, "base64").subarray(Math.max(0, first - start), last - start + 1);
		if (wanted.length !== Math.min(last, start + PART_BYTES - 1) - Math.max(first, start) + 1)
			throw notFound("attachment");
		yield wanted;
	}
}

async function answer(exchange: RawExchange): Promise<void> {
	const { req, params, query, call } = exchange;
	const id = params.id ?? "";
	if (!isId(id)) throw notFound("attachment");
	const tenantId = query.get("tenant") ?? "";
	const [expires, signature] = [query.get("expires") ?? "", query.get("signature") ?? ""];
	if (tenantId.length > 64 || expires.length > 16 || signature.length > 128)
		throw new Problem(400, "invalid_request", "This is no address of a file.");
	const file = await call(openAttachment, { id, tenantId, expires, signature });
	const { sizeBytes: size } = file;
	const etag = `"${file.sha256}"`;
	const ifRange = req.headers["if-range"];
	const asked = ifRange === undefined || ifRange === etag ? rangeOf(req.headers.range, size) : null;
	if (asked === "unsatisfiable")
		throw new Problem(416, "range_not_satisfiable", "The file has no such bytes.", {
			headers: { "Content-Range": `bytes */${size}` },
		});
	const range = asked ?? { first: 0, last: size - 1 };
	const headers = {
		"Content-Type": file.contentType.startsWith("text/") ? `${file.contentType}; charset=utf-8` : file.contentType,
		"Content-Length": range.last - range.first + 1,
		"Content-Disposition": disposition(file.fileName),
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
		// Whoever has the address may show a picture of it on a page of their own.
		"Cross-Origin-Resource-Policy": "cross-origin",
		"Accept-Ranges": "bytes",
		ETag: etag,
		...(asked ? { "Content-Range": `bytes ${range.first}-${range.last}/${size}` } : {}),
	};
	await sendInParts(exchange, asked ? 206 : 200, headers, bytes(exchange, tenantId, id, range));
}

/** Where files go out, to whoever has an address that was signed for a reader of their message. */
export const contentRoute: RawRoute = {
	method: "GET",
	path: "/api/attachments/:id/content",
	summary: "The content of a file, by the address in a message",
	description:
		"The address is the `url` of an attachment and good for 15 minutes; 403 afterwards. Always to be saved, never to be " +
		"shown as a page. `Range` is understood.",
	queryParameters: ["tenant", "expires", "signature"],
	produces: "application/octet-stream",
	handler: answer,
};
