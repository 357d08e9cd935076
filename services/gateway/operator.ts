import { Problem } from "../../lib/problem.ts";
import type { CallContext } from "../../mixins/action.ts";

/** The tenant that an operator may see; null for the platform, which means all of them. */
export function operatorOf(ctx: CallContext): string | null {
	const { caller } = ctx.meta;
	if (caller?.tenant) return caller.tenant.id;
	if (caller?.kind === "platform") return null;
	throw new Problem(403, "forbidden", "This is for the people of a tenant and the platform.");
}
