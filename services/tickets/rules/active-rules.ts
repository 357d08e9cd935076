import { LRUCache } from "lru-cache";
import type { Rule } from "../../../models/rule.ts";

/** How many tenants' rules are kept in mind. */
const TENANTS = 10_000;

/**
 * The rules that run, by tenant: asked for with every event of a ticket. Where this process is the only one that writes
 * rules, they are looked up again after each write only; where there are others, each time.
 */
export class ActiveRules {
	private readonly lookUp: (tenantId: string) => Promise<Rule[]>;
	private readonly isAlone: boolean;
	private readonly known = new LRUCache<string, { rules: readonly Rule[] }>({ max: TENANTS });
	private writes = 0;

	constructor(lookUp: (tenantId: string) => Promise<Rule[]>, isAlone: boolean) {
		this.lookUp = lookUp;
		this.isAlone = isAlone;
	}

	/** The rules of a tenant in the order in which they run. */
	async of(tenantId: string): Promise<readonly Rule[]> {
		const known = this.known.get(tenantId);
		if (known) return known.rules;
		const { writes } = this;
		const rules = await this.lookUp(tenantId);
		// What was looked up while somebody wrote may be what was before.
		if (this.isAlone && writes === this.writes) this.known.set(tenantId, { rules });
		return rules;
	}

	/** Does something that may write rules of a tenant; they are looked up again after it, whatever became of it. */
	async during<R>(tenantId: string, writing: () => Promise<R>): Promise<R> {
		try {
			return await writing();
		} finally {
			this.writes += 1;
			this.known.delete(tenantId);
		}
	}
}
