// Puts a help centre as Docusaurus keeps it into a running desk through the public API: folders are categories, the same
// path in each language is one article with its translations. Every file is accounted for.
//   node test/support/import-help-center.ts FOLDER [TOKEN] [ORIGIN]   (else CONDUCTOR_URL or HOST and PORT say where)
import path from "node:path";
import { type Api, apiOf, connect } from "../../scripts/api-client.ts";
import { plainMarkdown, type Retarget } from "./docusaurus-markdown.ts";
import {
	anchorFor,
	type CategoryFile,
	fragmentsOf,
	type HelpCenter,
	isIndex,
	type PageFile,
	readHelpCenter,
	slugsOf,
	withoutEnding,
} from "./help-center-files.ts";

/** What became of one file. */
export interface Account {
	file: string;
	became: "article" | "translation" | "category" | "refused";
	locale: string | null;
	/** of the article or category, null where refused */
	id: string | null;
	/** why it was refused, or is not published */
	reason: string | null;
}

/** What became of all files, and of the links in them. */
export interface Imported {
	files: Account[];
	/** ids of categories by folder */
	categories: Map<string, string>;
	/** the slug of each page, by its path below the language */
	slugs: Map<string, string>;
	links: { kept: number; toArticles: number; refused: number; pictures: number };
}

interface Answer {
	id: string;
	type?: string;
	detail?: string;
}

const REFUSALS = [400, 403, 404, 409, 413, 422];
const SITE = "https://site.invalid";

const reasonOf = (status: number, { type, detail }: Answer): string =>
	`${status} ${(type ?? "").replace("/problems/", "")}: ${detail ?? ""}`;

const orderOf = (position: number): { order?: number } =>
	// Positions may have fractions.
	Number.isFinite(position) ? { order: Math.min(1_000_000, Math.max(0, Math.round(position * 100))) } : {};

/** All folders with a page in them or below them, or that are named: parents first. */
function foldersOf({ pages, categories }: HelpCenter): string[] {
	const folders = new Set<string>();
	for (const { folder } of [...pages, ...categories])
		for (let at = folder; at !== "" && at !== "."; at = path.posix.dirname(at)) folders.add(at);
	return [...folders].sort((a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1));
}

/** The names of a folder by language: as its category file says, else as the page is called that stands for it. */
function namesOf(center: HelpCenter, folder: string): Map<string, string> {
	const names = new Map<string, string>();
	for (const locale of center.locales) {
		const said = center.categories.find((each) => each.folder === folder && each.locale === locale)?.label;
		const page = center.pages.find((each) => each.folder === folder && each.locale === locale && isIndex(each));
		const name = said ?? page?.title;
		if (name) names.set(locale, name);
	}
	if (names.size === 0) names.set(center.locales[0] ?? "en", path.posix.basename(folder).replaceAll("-", " "));
	return names;
}

async function importCategories(api: Api, center: HelpCenter, imported: Imported): Promise<void> {
	const refused = new Map<string, string>();
	for (const folder of foldersOf(center)) {
		const [[locale, name] = ["en", folder], ...others] = namesOf(center, folder);
		const parentId = imported.categories.get(path.posix.dirname(folder));
		const translations = Object.fromEntries(others.map(([tag, text]) => [tag, { name: text }]));
		const position = center.categories.find((each) => each.folder === folder)?.position ?? Number.NaN;
		const slug = folder.replaceAll("/", "-");
		const { status, body } = await api.request<Answer>(
			"POST",
			"/knowledge-base/categories",
			{ name, locale, slug, ...orderOf(position), ...(parentId ? { parentId } : {}), translations },
			REFUSALS,
		);
		if (status === 201) imported.categories.set(folder, body.id);
		else refused.set(folder, reasonOf(status, body));
	}
	const account = ({ file, locale, folder }: CategoryFile): Account => {
		const id = imported.categories.get(folder) ?? null;
		return { file, became: id ? "category" : "refused", locale, id, reason: refused.get(folder) ?? null };
	};
	imported.files.push(...center.categories.map(account));
}

const hasText = (page: PageFile): boolean => page.markdown.trim() !== "";

/** Finds the page that a link of another page means. */
class Pages {
	private readonly byRoute = new Map<string, PageFile[]>();
	private readonly fragments = new Map<PageFile, Map<string, string>>();

	constructor(pages: readonly PageFile[]) {
		for (const page of pages) {
			const routes = [withoutEnding(page.path), ...(isIndex(page) ? [page.folder] : [])];
			for (const route of routes) {
				const key = route.toLowerCase();
				this.byRoute.set(key, [...(this.byRoute.get(key) ?? []), page]);
			}
		}
	}

	/** In the same language where it is there, else in the first. */
	find(from: PageFile, target: string): PageFile | undefined {
		const route = withoutEnding(from.path);
		// A page is served as a folder of its own; a path to a file begins where the file is; some forget the first slash.
		for (const base of [`/${route}/`, `/${route}`, "/"]) {
			const { pathname } = new URL(target, SITE + base);
			const found = this.byRoute.get(
				withoutEnding(decodeURI(pathname))
					.replace(/^\/|\/$/g, "")
					.toLowerCase(),
			);
			if (found) return found.find((page) => page.locale === from.locale) ?? found[0];
		}
		return undefined;
	}

	anchor(page: PageFile, fragment: string): string | null {
		const known = this.fragments.get(page) ?? fragmentsOf(page.markdown);
		this.fragments.set(page, known);
		return anchorFor(fragment, known);
	}
}

const fragmentOf = (target: string): string => (target.includes("#") ? target.slice(target.indexOf("#") + 1) : "");

/** Links to other sites and pictures stay; links to other pages lead to their articles; all others are refused. */
function retargeting(page: PageFile, pages: Pages, imported: Imported): Retarget {
	const { links, slugs } = imported;
	const refuse = (): null => {
		links.refused += 1;
		return null;
	};
	return (target, isPicture) => {
		if (/^(https?:\/\/|mailto:|tel:)/i.test(target)) {
			links[isPicture ? "pictures" : "kept"] += 1;
			return target;
		}
		if (isPicture || /^[a-z][a-z0-9+.-]*:|^\/\//i.test(target)) return refuse();
		const fragment = fragmentOf(target);
		const other = target.startsWith("#") ? page : pages.find(page, target);
		if (!other) return refuse();
		const anchor = fragment === "" ? null : pages.anchor(other, fragment);
		if (other === page && anchor === null) return refuse();
		links.toArticles += 1;
		const slug = encodeURI(slugs.get(other.path) ?? "");
		const place = other.locale === page.locale ? slug : `../${other.locale}/${slug}`;
		return `${other === page ? "" : place}${anchor === null ? "" : `#${encodeURI(anchor)}`}`;
	};
}

/** Imports an article with all its languages, in their order: the first that is taken is the article's own. */
async function importArticle(api: Api, languages: PageFile[], pages: Pages, imported: Imported): Promise<void> {
	let id: string | null = null;
	for (const page of languages) {
		const content = {
			title: page.title,
			body: plainMarkdown(page.markdown, retargeting(page, pages, imported)),
			slug: imported.slugs.get(page.path) ?? page.path,
			status: hasText(page) ? "published" : "draft",
		};
		const categoryId = imported.categories.get(page.folder);
		const { status, body }: { status: number; body: Answer } = id
			? await api.request<Answer>(
					"PUT",
					`/knowledge-base/articles/${id}/translations/${page.locale}`,
					content,
					REFUSALS,
				)
			: await api.request<Answer>(
					"POST",
					"/knowledge-base/articles",
					{ ...content, locale: page.locale, ...orderOf(page.position), ...(categoryId ? { categoryId } : {}) },
					REFUSALS,
				);
		const { file, locale } = page;
		if (status >= 400) {
			imported.files.push({ file, became: "refused", locale, id: null, reason: reasonOf(status, body) });
			continue;
		}
		const reason = content.status === "draft" ? "has no text, so it is a draft" : null;
		imported.files.push({ file, became: id ? "translation" : "article", locale, id: id ?? body.id, reason });
		id ??= body.id;
	}
}

/** Some of the articles that are there in the most languages, from all over, with the categories that they are in. */
export function someArticles(center: HelpCenter, count: number): HelpCenter {
	const byPath = [...Map.groupBy(center.pages, (page) => page.path).values()];
	const most = Math.max(...byPath.map((languages) => languages.length));
	const full = byPath.filter((languages) => languages.length === most);
	const step = Math.max(1, Math.floor(full.length / count));
	const pages = full.filter((_, at) => at % step === 0 && at / step < count).flat();
	const isAbove = ({ folder }: CategoryFile): boolean => pages.some((page) => `${page.path}/`.startsWith(`${folder}/`));
	return { ...center, pages, categories: center.categories.filter(isAbove) };
}

/** Imports a help centre and tells what became of every file of it. */
export async function importHelpCenter(api: Api, center: HelpCenter): Promise<Imported> {
	const imported: Imported = {
		files: center.others.map(({ file, reason }) => ({ file, became: "refused", locale: null, id: null, reason })),
		categories: new Map(),
		slugs: slugsOf(center.pages),
		links: { kept: 0, toArticles: 0, refused: 0, pictures: 0 },
	};
	await importCategories(api, center, imported);
	// Readers do not have drafts, so nothing leads to them.
	const pages = new Pages(center.pages.filter(hasText));
	const rank = (page: PageFile): number => center.locales.indexOf(page.locale);
	for (const languages of Map.groupBy(center.pages, (page) => page.path).values())
		await importArticle(
			api,
			languages.sort((a, b) => rank(a) - rank(b)),
			pages,
			imported,
		);
	return imported;
}

if (import.meta.main) {
	const [, , folder, token, origin] = process.argv;
	if (!folder) throw new Error("which folder?");
	if (token) process.env.DEMO_TOKEN = token;
	const center = readHelpCenter(folder);
	const { files, categories, links } = await importHelpCenter(
		origin && token ? apiOf(origin, token) : connect(),
		center,
	);
	const counts = Object.entries(Object.groupBy(files, (file) => file.became));
	console.log(`${files.length} files: ${counts.map(([became, some]) => `${some?.length} ${became}`).join(", ")}`);
	console.log(`${categories.size} categories of folders`);
	console.log(
		`links: ${links.kept} to other sites kept, ${links.toArticles} lead to articles, ${links.refused} refused; ${links.pictures} pictures kept`,
	);
	for (const { file, became, reason } of files) if (reason) console.log(`${file} (${became}): ${reason}`);
}
