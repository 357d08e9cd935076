import { may, type TenantCaller } from "../../contracts/caller.ts";
import { scopesAllow } from "../../contracts/permissions.ts";
import { forbidden } from "../../lib/problem.ts";
import type { Scope } from "../../mixins/repository.ts";
import type { ArticleReach } from "../../models/article.ts";
import type { Visibility } from "../../models/category.ts";

/** What somebody gets to see of the knowledge base. */
export interface Reader {
	/** drafts, versions and everything else of those who write; else published texts only */
	writes: boolean;
	/** somebody of the desk, or an integration */
	staff: boolean;
	/** which published articles and which categories */
	sees: readonly Visibility[];
}

const VISITOR: Reader = { writes: false, staff: false, sees: ["public"] };
const CUSTOMER: Reader = { writes: false, staff: false, sees: ["public", "customers"] };
const STAFF: Reader = { writes: false, staff: true, sees: ["public", "customers", "agents"] };
const WRITER: Reader = { ...STAFF, writes: true };

export function readerOf(caller: TenantCaller): Reader {
	if (caller.kind === "anonymous") return VISITOR;
	if (caller.kind === "customer") return CUSTOMER;
	return may(caller, "kb.write") ? WRITER : STAFF;
}

/** Whether a reader sees things of this visibility where they are published. */
export function sees(reader: Reader, visibility: ArticleReach): boolean {
	return (reader.sees as readonly ArticleReach[]).includes(visibility);
}

/** The one scope filter of articles: all of the tenant for those who write, else what is published and visible. */
export function articleScope(caller: TenantCaller): Scope {
	return scopeFor(caller.tenant.id, readerOf(caller));
}

export function scopeFor(tenantId: string, reader: Reader): Scope {
	return reader.writes ? { tenantId } : { tenantId, filter: { reach: { $in: [...reader.sees] } } };
}

/** Whether the caller may change what readers have: `kb.publish`, or an agent whose tenant lets agents publish. */
export function mayPublish(caller: TenantCaller): boolean {
	if (may(caller, "kb.publish")) return true;
	if (caller.kind !== "user" || caller.role !== "agent" || !caller.tenant.settings.agentsMayPublish) return false;
	return caller.scopes.length === 0 || scopesAllow(caller.scopes, "kb.publish");
}

/** Throws 403 where the caller may not change what readers have. */
export function mustPublish(caller: TenantCaller): void {
	if (!mayPublish(caller)) throw forbidden("This changes what readers have, which needs the permission kb.publish.");
}
