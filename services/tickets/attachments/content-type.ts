import { isUtf8 } from "node:buffer";
import { extensionOf } from "./file-name.ts";

/** How much of a file's beginning is looked at, bytes. Archives are not unpacked beyond what stands there. */
const LOOKED_AT = 16 * 1024;

/** Texts have no mark at their beginning: of these, the name says which they are. */
const TEXTS: Readonly<Record<string, string>> = {
	txt: "text/plain",
	log: "text/plain",
	csv: "text/csv",
	tsv: "text/tab-separated-values",
	md: "text/markdown",
	json: "application/json",
	xml: "application/xml",
	yaml: "application/yaml",
	yml: "application/yaml",
	html: "text/html",
	htm: "text/html",
	css: "text/css",
	js: "text/javascript",
	mjs: "text/javascript",
	svg: "image/svg+xml",
	ics: "text/calendar",
	vcf: "text/vcard",
	eml: "message/rfc822",
};

/** What a browser would run as a page, whatever its name says. */
const PAGE = /^\s*(<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]|<script[\s>]|<iframe[\s>])/i;
const PICTURE = /<svg[\s>]/i;

/** Whether bytes read as text: UTF-8 without controls, where the last character may be cut off. */
function isText(head: Buffer): boolean {
	for (let missing = 0; missing < 4 && missing < head.length; missing++)
		if (isUtf8(head.subarray(0, head.length - missing))) {
			// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what tells that it is no text
			return !/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(head.toString("utf8"));
		}
	return false;
}

function textType(text: string, fileName: string): string {
	if (PAGE.test(text)) return "text/html";
	if (PICTURE.test(text.slice(0, 1024))) return "image/svg+xml";
	return TEXTS[extensionOf(fileName)] ?? "text/plain";
}

/** What a file is, found out from its beginning: the media type, and the extension that such files have, if any. */
export async function contentTypeOf(head: Buffer, fileName: string): Promise<{ mime: string; extension: string }> {
	const beginning = head.subarray(0, LOOKED_AT);
	const { fileTypeFromBuffer } = await import("file-type");
	const found = await fileTypeFromBuffer(beginning).catch(() => undefined);
	// XML is told by the library, but not which.
	if (found && found.mime !== "application/xml") return { mime: found.mime, extension: found.ext };
	if (found || isText(beginning)) return { mime: textType(beginning.toString("utf8"), fileName), extension: "" };
	return { mime: "application/octet-stream", extension: "" };
}

/** Whether a tenant refuses a file: by the extension of its name or of its content, or by its media type. */
export function isBlocked(
	blocked: readonly string[],
	fileName: string,
	{ mime, extension }: { mime: string; extension: string },
): boolean {
	const traits = new Set([extensionOf(fileName), extension, mime.toLowerCase(), `${mime.split("/")[0]}/*`]);
	traits.delete("");
	return blocked.some((one) => traits.has(one.toLowerCase().replace(/^\./, "")));
}
