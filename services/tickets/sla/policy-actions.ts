import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import type { ParamsOf } from "../../../contracts/contract.ts";
import {
	createSlaPolicy,
	deleteSlaPolicy,
	getSlaPolicy,
	listSlaPolicies,
	SLA_POLICY_LIST,
	type SlaPolicyView,
	updateSlaPolicy,
} from "../../../contracts/sla-policies.ts";
import { newId } from "../../../lib/ids.ts";
import { invalidField, Problem } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { checkVersion } from "../../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { SlaPolicy } from "../../../models/sla-policy.ts";
import type { Tickets } from "../tickets-store.ts";
import { ALWAYS, emptyPolicy, GROUP_CALENDAR, type PolicyInput, patchedPolicy, usualPauses } from "./policy-rules.ts";
import { MAX_POLICIES, policiesOf } from "./policy-store.ts";
import { recalculate } from "./recalculate.ts";

function policyView({ _id, tenantId: _tenantId, ...policy }: SlaPolicy): SlaPolicyView {
	const { createdAt, updatedAt, effectiveFrom, ...rest } = policy;
	return {
		id: _id,
		...rest,
		effectiveFrom: effectiveFrom?.toISOString() ?? null,
		createdAt: createdAt.toISOString(),
		updatedAt: updatedAt.toISOString(),
	};
}

const pausesOf = (caller: TenantCaller) => usualPauses(caller.tenant.settings.slaDefaultPauseOn.resolution);

/** Throws 422 for a calendar that is not there. */
async function checkCalendar({ calendars }: Tickets, tx: Transaction, calendarId: string): Promise<void> {
	if (calendarId === GROUP_CALENDAR || calendarId === ALWAYS) return;
	const found = await calendars.get({ tenantId: tx.command.tenantId }, calendarId, tx);
	if (!found) throw invalidField("/calendarId", "There is no calendar with this id.", "unknown");
}

/** Takes the place of the policy that was the default one. */
async function replaceDefault(tickets: Tickets, tx: Transaction, besides: string): Promise<void> {
	// Of two who want its place, one changes this document first, and the other starts over.
	for (const before of await policiesOf(tickets, tx.command.tenantId, tx))
		if (before.isDefault && before._id !== besides)
			await tickets.policies.update(tx, before, { ...before, isDefault: false });
}

async function create(ctx: CallContext<ParamsOf<typeof createSlaPolicy>>, tickets: Tickets): Promise<SlaPolicyView> {
	const pauses = pausesOf(callerOf(ctx));
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const { tenantId } = tx.command;
		const known = await policiesOf(tickets, tenantId, tx);
		if (known.length >= MAX_POLICIES)
			throw new Problem(409, "conflict", `There can be at most ${MAX_POLICIES} service level policies.`);
		const position = Math.max(0, ...known.map((one) => one.position)) + 1;
		const content = patchedPolicy(emptyPolicy(position, pauses), ctx.params as PolicyInput, pauses);
		await checkCalendar(tickets, tx, content.calendarId);
		const _id = newId();
		if (content.isDefault) await replaceDefault(tickets, tx, _id);
		return policyView(await tickets.policies.create(tx, { _id, tenantId, ...content }));
	});
}

async function update(ctx: CallContext<ParamsOf<typeof updateSlaPolicy>>, tickets: Tickets): Promise<SlaPolicyView> {
	const { id, ifVersion, ...input } = ctx.params;
	const caller = callerOf(ctx);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const before = await tickets.policies.require({ tenantId: caller.tenant.id }, id, tx);
		checkVersion(before, ifVersion);
		const wanted = patchedPolicy(before, input as PolicyInput, pausesOf(caller));
		if (wanted.calendarId !== before.calendarId) await checkCalendar(tickets, tx, wanted.calendarId);
		if (wanted.isDefault && !before.isDefault) await replaceDefault(tickets, tx, id);
		const after = await tickets.policies.update(tx, before, wanted);
		if (after !== before) await recalculate(tickets, tx, { policyId: id }, "policy_edited");
		return policyView(after);
	});
}

async function remove(ctx: CallContext<ParamsOf<typeof deleteSlaPolicy>>, tickets: Tickets): Promise<null> {
	const { id, ifVersion } = ctx.params;
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const policy = await tickets.policies.require({ tenantId: tx.command.tenantId }, id, tx);
		checkVersion(policy, ifVersion);
		await tickets.policies.remove(tx, policy);
		await recalculate(tickets, tx, { policyId: id }, "policy_deleted");
		return null;
	});
}

/** What may be done with service level policies. */
export function slaPolicyActions(tickets: Tickets): Record<string, ActionSchema> {
	const scopeOf = (ctx: CallContext) => ({ tenantId: callerOf(ctx).tenant.id });
	return {
		createSlaPolicy: action(createSlaPolicy, (ctx) => create(ctx, tickets)),
		listSlaPolicies: action(listSlaPolicies, async (ctx) => {
			const page = await tickets.policies.list(scopeOf(ctx), SLA_POLICY_LIST, ctx.params);
			return { ...page, data: page.data.map(policyView) };
		}),
		getSlaPolicy: action(getSlaPolicy, async (ctx) =>
			policyView(await tickets.policies.require(scopeOf(ctx), ctx.params.id)),
		),
		updateSlaPolicy: action(updateSlaPolicy, (ctx) => update(ctx, tickets)),
		deleteSlaPolicy: action(deleteSlaPolicy, (ctx) => remove(ctx, tickets)),
	};
}
