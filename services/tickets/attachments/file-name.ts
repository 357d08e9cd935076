const MAX_BYTES = 255;

/** Controls, and marks that change the direction of what follows: `exe.fdp` can look like `pdf.exe` with them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]/gu;
/** What a name may not hold on some system. */
const FORBIDDEN = /[<>:"|?*]/g;
/** Names that stand for devices on Windows, with whatever extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** The last extension, lower-case and without its dot; empty where there is none. */
export function extensionOf(fileName: string): string {
	return /\.([^.\s]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? "";
}

/** The beginning of a text that has at most so many bytes in UTF-8. */
function cut(text: string, bytes: number): string {
	let kept = "";
	let size = 0;
	for (const character of text) {
		size += Buffer.byteLength(character);
		if (size > bytes) break;
		kept += character;
	}
	return kept;
}

/**
 * A file's name as it is kept and shown: without folders, invisible characters and what some system cannot write, at
 * most 255 bytes with its extension. `attachment` where nothing is left.
 */
export function cleanFileName(given: string): string {
	const last = given.split(/[/\\]/).at(-1) ?? "";
	const plain = last.normalize("NFC").replace(INVISIBLE, "").replace(FORBIDDEN, "_").replace(/\s+/g, " ");
	const trimmed = plain.replace(/^[\s.]+|[\s.]+$/g, "");
	if (trimmed === "") return "attachment";
	const safe = DEVICE.test(trimmed) ? `_${trimmed}` : trimmed;
	if (Buffer.byteLength(safe) <= MAX_BYTES) return safe;
	const extension = cut(extensionOf(safe), 32);
	if (extension === "") return cut(safe, MAX_BYTES);
	return `${cut(safe.slice(0, safe.lastIndexOf(".")), MAX_BYTES - 1 - Buffer.byteLength(extension))}.${extension}`;
}
