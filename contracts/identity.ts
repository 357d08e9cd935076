import { createToken, getToken, listTokens, revokeToken } from "./api-tokens.ts";
import { createGroup, deleteGroup, getGroup, listGroups, updateGroup } from "./groups.ts";
import { cancelOffboarding, getOffboarding, offboardTenant } from "./tenant-offboarding.ts";
import { administerTenant, getOwnTenant, getTenant, listTenants, provisionTenant, updateOwnTenant } from "./tenants.ts";
import { createUser, getUser, listUsers, me, setAvailability, updateUser } from "./users.ts";

/** Everything of identity that has a REST alias, sign-in aside. */
export const identityContracts = [
	provisionTenant,
	listTenants,
	getTenant,
	administerTenant,
	getOwnTenant,
	updateOwnTenant,
	offboardTenant,
	getOffboarding,
	cancelOffboarding,
	me,
	setAvailability,
	createUser,
	listUsers,
	getUser,
	updateUser,
	createGroup,
	listGroups,
	getGroup,
	updateGroup,
	deleteGroup,
	createToken,
	listTokens,
	getToken,
	revokeToken,
] as const;
