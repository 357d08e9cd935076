import type { Caller } from "../../contracts/caller.ts";
import type { ApiToken } from "../../models/api-token.ts";
import type { Tenant } from "../../models/tenant.ts";
import type { User } from "../../models/user.ts";
import { callerOfUser } from "./people-behind.ts";
import { callerTenant } from "./tenant-rules.ts";

type Rights = Pick<ApiToken, "_id" | "name" | "kind" | "customerId" | "holderName" | "holderEmail" | "role" | "scopes">;

/** The caller that a token stands for. A person's token needs the person. */
export function callerOfToken(token: Rights, tenant: Tenant, user: User | null): Caller {
	const { _id: id, scopes } = token;
	if (token.kind === "user") {
		if (!user) throw new Error("the token of a person needs the person");
		return callerOfUser({ tenant, user }, { id, scopes });
	}
	const shared = { groupIds: [], scopes, credentialId: id, tenant: callerTenant(tenant) };
	if (token.kind === "service")
		return { kind: "service", id, name: token.name, email: null, role: token.role, ...shared };
	const { customerId, holderName, holderEmail } = token;
	return {
		kind: "customer",
		id: customerId ?? "",
		name: holderName ?? "",
		email: holderEmail,
		role: "customer",
		...shared,
	};
}
