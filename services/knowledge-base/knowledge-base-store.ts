import { EDITION_TTL_MS, knowledgeBaseEditionKey } from "../../contracts/knowledge-base-edition.ts";
import type { Repository } from "../../mixins/repository.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Store } from "../../mixins/store.ts";
import { Timers } from "../../mixins/timers.ts";
import { type Article, articleModel } from "../../models/article.ts";
import { articlePersonModel } from "../../models/article-person.ts";
import { articleScheduleModel } from "../../models/article-schedule.ts";
import { type ArticleTranslation, articleTranslationModel } from "../../models/article-translation.ts";
import { type ArticleVersion, articleVersionModel } from "../../models/article-version.ts";
import { type Category, categoryModel } from "../../models/category.ts";
import { slugRedirectModel } from "../../models/slug-redirect.ts";
import { tenantExportModel, tenantExportPartModel } from "../../models/tenant-export.ts";
import { timerModel } from "../../models/timer.ts";
import { engagementModels } from "./engagement/engagement-store.ts";

/** What the files of this service share: its documents and the runtime it stands on. */
export interface KnowledgeBase {
	runtime: Runtime;
	store: Store;
	articles: Repository<Article>;
	translations: Repository<ArticleTranslation>;
	versions: Repository<ArticleVersion>;
	categories: Repository<Category>;
	timers: Timers;
}

/** How many categories a tenant can have. */
export const MAX_CATEGORIES = 1000;
/** How many languages an article can be in. */
export const MAX_LOCALES = 100;

/** Opens the service's store; `onError` hears of events that could not be published yet. */
export function openKnowledgeBase(runtime: Runtime, onError: (error: unknown) => void): KnowledgeBase {
	const models = [
		articleModel,
		articleTranslationModel,
		articleVersionModel,
		articleScheduleModel,
		timerModel,
		articlePersonModel,
		categoryModel,
		slugRedirectModel,
		...engagementModels,
		tenantExportModel,
		tenantExportPartModel,
	];
	const store = new Store(runtime, "knowledge-base", models as never, onError);
	store.onCommitted(async (tenantId) => {
		await runtime.memory?.increment(knowledgeBaseEditionKey(tenantId), EDITION_TTL_MS);
	});
	return {
		runtime,
		store,
		articles: store.repository(articleModel, "article"),
		translations: store.repository(articleTranslationModel, "translation"),
		versions: store.repository(articleVersionModel, "version"),
		categories: store.repository(categoryModel, "category"),
		timers: new Timers(store, runtime.clock, onError),
	};
}
