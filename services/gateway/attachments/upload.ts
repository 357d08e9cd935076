import { createHash } from "node:crypto";
import {
	AttachmentView,
	abortUpload,
	beginUpload,
	finishUpload,
	MAX_ATTACHMENT_BYTES,
	MAX_UPLOAD_BYTES,
	PART_BYTES,
	uploadPart,
} from "../../../contracts/attachments.ts";
import { invalidField, Problem } from "../../../lib/problem.ts";
import { patientConnections } from "../client-error.ts";
import { hasBody } from "../json-body.ts";
import type { RawExchange, RawRoute } from "../raw-route.ts";
import { jsonAnswer } from "../respond.ts";
import { brokenOff, bytesOf, drain, tooLarge } from "./body.ts";
import { fileOfForm } from "./form.ts";

/** A file of which all parts are there. */
interface Upload {
	id: string;
	fileName: string;
	sizeBytes: number;
	sha256: string;
}

/** One file on its way to where it is kept: never more than one part of it is in memory. */
class Keeping {
	id: string | null = null;
	private readonly exchange: RawExchange;
	private readonly fileName: string;
	private readonly hash = createHash("sha256");
	private readonly buffer = Buffer.alloc(PART_BYTES);
	private filled = 0;
	private size = 0;
	private part = 0;

	constructor(exchange: RawExchange, fileName: string) {
		this.exchange = exchange;
		this.fileName = fileName;
	}

	async take(content: AsyncIterable<Buffer>): Promise<Upload> {
		for await (const chunk of content) {
			this.size += chunk.length;
			if (this.size > MAX_ATTACHMENT_BYTES) throw tooLarge("A file", MAX_ATTACHMENT_BYTES);
			this.hash.update(chunk);
			for (let from = 0; from < chunk.length; ) {
				const taken = chunk.copy(this.buffer, this.filled, from);
				this.filled += taken;
				from += taken;
				if (this.filled === PART_BYTES) await this.hand();
			}
		}
		if (this.size === 0) throw invalidField("/file", "The file is empty.", "minLength");
		if (this.filled > 0) await this.hand();
		return { id: this.id ?? "", fileName: this.fileName, sizeBytes: this.size, sha256: this.hash.digest("hex") };
	}

	private async hand(): Promise<void> {
		const { exchange, fileName } = this;
		const data = this.buffer.toString("base64", 0, this.filled);
		const inline = exchange.query.get("inline") === "true";
		if (this.id === null) this.id = (await exchange.call(beginUpload, { fileName, inline, data })).id;
		else await exchange.call(uploadPart, { id: this.id, part: this.part, data });
		this.part++;
		this.filled = 0;
	}
}

/** The name in a `Content-Disposition` header (RFC 6266), where there is one. */
function nameInHeader(header: string | undefined): string | null {
	if (header === undefined) return null;
	const encoded = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header)?.[1];
	if (encoded !== undefined)
		try {
			return decodeURIComponent(encoded);
		} catch {
			return null;
		}
	const [, quoted, plain] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header) ?? [];
	return quoted?.replace(/\\(.)/g, "$1") ?? plain ?? null;
}

function checkRequest({ req }: RawExchange): { isForm: boolean } {
	const type = (req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
	if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) || type === "application/x-www-form-urlencoded")
		throw new Problem(
			415,
			"unsupported_media_type",
			"Send the file as multipart/form-data, or as it is with its type.",
		);
	const encoding = req.headers["content-encoding"];
	if (encoding !== undefined && encoding !== "identity")
		throw new Problem(415, "unsupported_media_type", "The body must not be compressed.");
	if (!hasBody(req)) throw invalidField("/file", "The file is empty.", "minLength");
	if (type.startsWith("multipart/") && type !== "multipart/form-data")
		throw new Problem(415, "unsupported_media_type", "Forms are multipart/form-data.");
	const isForm = type === "multipart/form-data";
	const announced = Number(req.headers["content-length"] ?? 0);
	if (announced > MAX_UPLOAD_BYTES) throw tooLarge("A request", MAX_UPLOAD_BYTES);
	if (!isForm && announced > MAX_ATTACHMENT_BYTES) throw tooLarge("A file", MAX_ATTACHMENT_BYTES);
	return { isForm };
}

/** Makes an upload a file that messages can name, and answers with it: the file of the first request where this repeats it. */
async function finish(exchange: RawExchange, { id, fileName, sizeBytes, sha256 }: Upload): Promise<void> {
	const answer = await exchange.answerOnce(`${sha256} ${fileName}`, async (call) => {
		const file = await call(finishUpload, { id, sizeBytes, sha256 });
		return jsonAnswer(201, file, { Location: `/api/attachments/${file.id}` });
	});
	if (answer.headers.Location !== `/api/attachments/${id}`) await abort(exchange, id);
}

/** What cannot be taken back now is swept a day later. */
const abort = (exchange: RawExchange, id: string) => exchange.call(abortUpload, { id }).catch(() => undefined);

async function receive(exchange: RawExchange): Promise<void> {
	const { req, query } = exchange;
	let keeping: Keeping | null = null;
	const keep = (content: AsyncIterable<Buffer>, fileName: string) => {
		keeping = new Keeping(exchange, fileName);
		return keeping.take(content);
	};
	const upload = async (): Promise<Upload> => {
		for (const name of query.keys())
			if (name !== "fileName" && name !== "inline")
				throw new Problem(400, "unknown_parameter", `There is no parameter ${name.slice(0, 64)}.`);
		const { isForm } = checkRequest(exchange);
		const named = query.get("fileName") ?? (isForm ? null : nameInHeader(req.headers["content-disposition"]));
		if (isForm) return fileOfForm(req, (content, fileName) => keep(content, named ?? fileName));
		if (!named)
			throw invalidField("/fileName", "Name the file: ?fileName=… or a Content-Disposition header.", "required");
		return keep(bytesOf(req), named);
	};
	try {
		await finish(exchange, await upload());
	} catch (error) {
		const id = (keeping as Keeping | null)?.id;
		if (id) await abort(exchange, id);
		if (req.destroyed && !req.complete) throw brokenOff();
		await drain(req);
		throw error;
	}
}

/** Where files come in, to be named by a message later. */
export const uploadRoute: RawRoute = {
	method: "POST",
	path: "/api/attachments",
	summary: "Upload a file for a message",
	description:
		"One file, of at most 20 MiB: in a form (`multipart/form-data`, whatever the field is called), or as the body itself " +
		"with its name in `fileName` or `Content-Disposition`. The answer's `id` goes into the `attachments` of a message or " +
		"ticket by the same caller, once; what is not used within a day is removed. What the file is, is found out from its " +
		"content; 415 `blocked_file_type` for kinds that the tenant does not take (`blockedAttachmentTypes`).",
	access: "authenticated",
	queryParameters: ["fileName", "inline"],
	consumes: ["multipart/form-data", "application/octet-stream"],
	takesIdempotencyKey: true,
	result: AttachmentView,
	status: 201,
	async handler(exchange) {
		const { req } = exchange;
		patientConnections.add(req.socket);
		try {
			await receive(exchange);
		} finally {
			patientConnections.delete(req.socket);
		}
	},
};
