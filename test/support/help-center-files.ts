import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { load } from "js-yaml";
import { anchorMaker } from "../../services/knowledge-base/text/headings.ts";
import { slugOf } from "../../services/knowledge-base/text/slug.ts";
import { linesOf } from "./docusaurus-markdown.ts";

/*
 * A help centre as Docusaurus keeps it: a folder for each language, in it the same tree; Markdown files with front matter
 * are pages, folders are categories, which `_category_.json` names and orders.
 */

/** One page in one language. */
export interface PageFile {
	/** as it lies below the folder, language first */
	file: string;
	locale: string;
	/** below the language, with its ending: the same in each language */
	path: string;
	/** the folder that it is in, `""` at the top */
	folder: string;
	title: string;
	position: number;
	markdown: string;
}

/** One `_category_.json`. */
export interface CategoryFile {
	file: string;
	locale: string;
	folder: string;
	label: string | null;
	position: number;
}

/** A file that is neither, and why. */
export interface OtherFile {
	file: string;
	reason: string;
}

export interface HelpCenter {
	/** in the order in which they are preferred as an article's own language: English first, where it is there */
	locales: string[];
	pages: PageFile[];
	categories: CategoryFile[];
	others: OtherFile[];
}

const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/;

const folderOf = (file: string): string => path.posix.dirname(file).replace(/^\.$/, "");

/** `guides/setup.md` → `guides/setup` */
export const withoutEnding = (file: string): string => file.replace(/\.mdx?$/, "");

/** Whether the page stands for its folder: it is called like it, or `index`, or `readme`. */
export function isIndex({ path: file, folder }: { path: string; folder: string }): boolean {
	const name = path.posix.basename(withoutEnding(file)).toLowerCase();
	return folder !== "" && ["index", "readme", path.posix.basename(folder).toLowerCase()].includes(name);
}

function record(value: unknown): Record<string, unknown> {
	return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}

function readPage(file: string, locale: string, text: string): PageFile {
	const below = path.posix.relative(locale, file);
	const front = FRONT_MATTER.exec(text);
	const data = record(front ? load(front[1] ?? "") : {});
	const markdown = front ? text.slice(front[0].length) : text;
	const firstHeading = /^#\s+(.+)$/m.exec(markdown)?.[1]?.trim();
	return {
		file,
		locale,
		path: below,
		folder: folderOf(below),
		title: String(data.title ?? firstHeading ?? path.posix.basename(withoutEnding(below))),
		position: Number(data.sidebar_position ?? Number.NaN),
		markdown,
	};
}

function readCategory(file: string, locale: string, text: string): CategoryFile {
	const data = record(JSON.parse(text));
	return {
		file,
		locale,
		folder: folderOf(path.posix.relative(locale, file)),
		label: typeof data.label === "string" ? data.label : null,
		position: Number(data.position ?? Number.NaN),
	};
}

/** Reads all files below a folder. Each is a page, a category, or told among the others. */
export function readHelpCenter(root: string): HelpCenter {
	const center: HelpCenter = { locales: [], pages: [], categories: [], others: [] };
	const files = readdirSync(root, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
		.sort();
	for (const file of files) {
		const locale = file.split("/")[0] ?? "";
		const text = readFileSync(path.join(root, file), "utf8");
		try {
			if (!file.includes("/")) center.others.push({ file, reason: "is in no language's folder" });
			else if (/\.mdx?$/.test(file)) center.pages.push(readPage(file, locale, text));
			else if (path.posix.basename(file) === "_category_.json")
				center.categories.push(readCategory(file, locale, text));
			else center.others.push({ file, reason: "is neither a page nor names a category" });
		} catch (error) {
			center.others.push({ file, reason: `cannot be read: ${(error as Error).message}` });
		}
	}
	const locales = new Set([...center.pages, ...center.categories].map((each) => each.locale));
	center.locales = [...locales].sort((a, b) => Number(b === "en") - Number(a === "en") || (a < b ? -1 : 1));
	return center;
}

/** The slug of each page, made of its path, the same in all languages. A second of the same name gets a number. */
export function slugsOf(pages: readonly PageFile[]): Map<string, string> {
	const slugs = new Map<string, string>();
	const taken = new Set<string>();
	// `setup.mdx` comes before `setup.md`, which is what it was before.
	for (const file of [...new Set(pages.map((page) => page.path))].sort(
		(a, b) => b.length - a.length || (a < b ? -1 : 1),
	)) {
		const base = slugOf(withoutEnding(file), "page");
		let slug = base;
		for (let n = 2; taken.has(slug); n += 1) slug = `${base.slice(0, 77)}-${n}`;
		taken.add(slug);
		slugs.set(file, slug);
	}
	return slugs;
}

const HEADING = /^#{1,6}[ \t]+(.+?)[ \t]*#*$/;
const OWN_ANCHOR = /[ \t]*\\?\{#([^}\s]+)\}[ \t]*$/;

const plain = (anchor: string): string => (anchor.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).join("-");

/**
 * By which fragments the headings of a page can be reached in Docusaurus (`{#own}`, or made of the text), each with the
 * anchor that the heading has when it is rendered here.
 */
export function fragmentsOf(markdown: string): Map<string, string> {
	const found = new Map<string, string>();
	const anchorOf = anchorMaker();
	for (const { line, isCode } of linesOf(markdown)) {
		const heading = isCode ? undefined : HEADING.exec(line)?.[1];
		if (heading === undefined) continue;
		const own = OWN_ANCHOR.exec(heading)?.[1];
		const text = heading
			.replace(OWN_ANCHOR, "")
			.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
			.replace(/[*`]|\\(?=\W)|(?<!\w)_|_(?!\w)/g, "");
		const anchor = anchorOf(text);
		for (const fragment of [own, plain(own ?? text), plain(text)])
			if (fragment && !found.has(fragment)) found.set(fragment, anchor);
	}
	return found;
}

/** The anchor that a fragment of a link means among those of a page, or null. */
export function anchorFor(fragment: string, fragments: ReadonlyMap<string, string>): string | null {
	let text = fragment;
	try {
		text = decodeURIComponent(fragment);
	} catch {
		// It is taken as it is written.
	}
	return fragments.get(text) ?? fragments.get(plain(text)) ?? null;
}
