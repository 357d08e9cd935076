import { hash } from "node:crypto";
import { knowledgeBaseEditionKey } from "../../../contracts/knowledge-base-edition.ts";
import { type SharedMemory, sharedKey } from "../../../lib/shared-memory.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Exchange } from "../exchange.ts";
import type { Answer } from "../respond.ts";
import { openText, sealText } from "../sealed-text.ts";

/** How long an answer is kept, ms: what other services changed, such as an author's name, is seen that late. */
const KEEP_MS = 10_000;
const MAX_CHARACTERS = 256 * 1024;

interface Kept {
	answer: Answer;
	article: Exchange["article"];
}

/**
 * What the help centres of tenants answered lately, kept by all gateways together. An answer is the same for everybody,
 * and good only until the tenant's knowledge base is written again. Sealed, so that nobody who can write to the shared
 * memory writes help articles.
 */
export class AnswerCache {
	private readonly memory: SharedMemory | null;
	private readonly secret: () => string;

	constructor(memory: SharedMemory | null, secret: () => string) {
		this.memory = memory;
		this.secret = secret;
	}

	/** The answer to a request of an admitted visitor, else of `ask`; the article that it shows is noted in the exchange. */
	async recall(exchange: Exchange, { contract }: Endpoint, ask: () => Promise<Answer>): Promise<Answer> {
		const tenantId = exchange.caller?.tenant?.id;
		// A search is counted by whoever answers it.
		const isKept = exchange.method === "GET" && contract.name.startsWith("knowledge-base.");
		if (!this.memory || !tenantId || !isKept) return ask();
		const edition = (await this.memory.get(knowledgeBaseEditionKey(tenantId))) ?? "0";
		const key = sharedKey(tenantId, "help", digestOf(exchange, edition));
		const kept = await this.read(key);
		if (kept) {
			exchange.article = kept.article;
			return kept.answer;
		}
		const answer = await ask();
		if (answer.status === 200 && (answer.body?.length ?? 0) <= MAX_CHARACTERS)
			void this.memory.set(key, this.sealed({ answer, article: exchange.article }, key), KEEP_MS);
		return answer;
	}

	private async read(key: string): Promise<Kept | null> {
		const sealed = await this.memory?.get(key);
		const text = sealed ? openText(sealed, this.secret(), key) : null;
		return text === null ? null : (JSON.parse(text) as Kept);
	}

	private sealed({ answer, article }: Kept, key: string): string {
		const shown = article && { id: article.id, locale: article.locale };
		return sealText(JSON.stringify({ answer, article: shown } satisfies Kept), this.secret(), key);
	}
}

/** Everything that an answer depends on but for the tenant. */
function digestOf({ req, path, queryString }: Exchange, edition: string): string {
	const { accept = "", "accept-language": language = "" } = req.headers;
	return hash("sha256", JSON.stringify([edition, path, queryString, accept, language]));
}
