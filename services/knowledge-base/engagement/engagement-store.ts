import type { TenantCaller } from "../../../contracts/caller.ts";
import { InTurn } from "../../../lib/in-turn.ts";
import type { Repository, Scope } from "../../../mixins/repository.ts";
import type { Runtime } from "../../../mixins/runtime.ts";
import type { Store, Transaction } from "../../../mixins/store.ts";
import type { Article } from "../../../models/article.ts";
import { articleDayModel } from "../../../models/article-day.ts";
import { articleViewModel, viewMinuteModel } from "../../../models/article-view.ts";
import { type ArticleVote, articleVoteModel, recentVotesModel } from "../../../models/article-vote.ts";
import { kbDayModel, queryDayModel, searchLogModel } from "../../../models/kb-search-log.ts";
import { type KbSuggestion, kbSuggestionModel } from "../../../models/kb-suggestion.ts";
import { voteMoveModel } from "../../../models/vote-move.ts";

/** The collections of what readers do. */
export const engagementModels = [
	articleVoteModel,
	recentVotesModel,
	articleViewModel,
	viewMinuteModel,
	articleDayModel,
	searchLogModel,
	queryDayModel,
	kbDayModel,
	kbSuggestionModel,
	voteMoveModel,
];

/** In which language somebody asks for an article. */
export interface AskedLanguage {
	locale?: string | undefined;
	acceptLanguage?: string | undefined;
}

/** An article as somebody may read it. */
export interface ReadArticle {
	article: Article;
	/** the language it is shown in, and the version of that text */
	locale: string;
	versionNo: number | null;
}

/** What the files here need of the knowledge base itself. */
export interface Shelf {
	runtime: Runtime;
	store: Store;
	articles: Repository<Article>;
	/** the published articles that the caller may read */
	published(caller: TenantCaller): Scope;
	/** Throws 404 where there is no such article, or none that the caller may read. */
	read(caller: TenantCaller, id: string, asked: AskedLanguage, tx?: Transaction): Promise<ReadArticle>;
}

/** What the files here share. */
export interface Engagement extends Shelf {
	votes: Repository<ArticleVote>;
	suggestions: Repository<KbSuggestion>;
	/** commits on one article or suggestion, by its id: in this process, none has to be tried again for another */
	turns: InTurn;
}

export function openEngagement(shelf: Shelf): Engagement {
	const { store } = shelf;
	return {
		...shelf,
		votes: store.repository(articleVoteModel, "vote"),
		suggestions: store.repository(kbSuggestionModel, "suggestion"),
		turns: new InTurn(),
	};
}
