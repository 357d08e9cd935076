/** One article in one language: `body` is Markdown. */
export interface Text {
	title: string;
	summary: string;
	body: string;
}

/** An article of the demo's help centre in both of its languages. */
export interface DemoArticle {
	tags: string[];
	/** public unless told */
	visibility?: "customers" | "agents";
	en: Text;
	de: Text;
}

/** A category with the articles in it; `parent` is the slug of one before it. */
export interface DemoCategory {
	slug: string;
	parent?: string;
	en: string;
	de: string;
	articles: readonly DemoArticle[];
}
