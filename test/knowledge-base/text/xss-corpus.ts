import { FRAMES, MUTATIONS, SCRIPTS } from "./xss-corpus-html.ts";
import { BLOCKS, ELSEWHERE, PICTURES, PLACES, SCHEMES } from "./xss-corpus-markdown.ts";

/** What is known of getting scripts through Markdown and HTML: payloads by the way they take. */
export const CORPUS: Readonly<Record<string, readonly string[]>> = {
	schemes: SCHEMES,
	elsewhere: ELSEWHERE,
	places: PLACES,
	pictures: PICTURES,
	blocks: BLOCKS,
	scripts: SCRIPTS,
	frames: FRAMES,
	mutations: MUTATIONS,
};

/** All payloads. */
export const PAYLOADS: readonly string[] = Object.values(CORPUS).flat();
