import { isDeepStrictEqual } from "node:util";
import type { ActionSchema } from "moleculer";
import {
	CUSTOM_FIELD_LIST,
	createCustomField,
	deleteCustomField,
	getCustomField,
	listCustomFields,
	updateCustomField,
} from "../../contracts/custom-fields.ts";
import { customFieldUpdated } from "../../contracts/customers-events.ts";
import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { CustomFieldDef } from "../../models/custom-field.ts";
import { staffScope } from "./access.ts";
import { checkDefinition } from "./custom-field-rules.ts";
import { type Customers, fieldsOf, MAX_FIELDS } from "./customers-store.ts";
import { duplicate, orStartOver } from "./duplicates.ts";
import { cleanName } from "./names.ts";
import { customFieldView } from "./views.ts";

/** Whether some customer or company has a value; what tickets have is not known here, so only archived ones may go. */
async function isInUse(from: Customers, tx: Transaction, { target, key, tenantId, archived }: CustomFieldDef) {
	if (target === "ticket") return !archived;
	const limit = { tx, limit: 1 };
	const found =
		target === "customer"
			? await from.customers.find({ tenantId }, { deleted: { $in: [false, true] }, fieldKeys: key }, limit)
			: await from.companies.find({ tenantId }, { fieldKeys: key }, limit);
	return found.length > 0;
}

const DEFINED = ["label", "options", "required", "regex", "searchable", "pii", "archived"] as const;

function emitUpdated(tx: Transaction, before: CustomFieldDef, after: CustomFieldDef): Promise<void> {
	const { target, key, searchable, archived } = after;
	const changed = DEFINED.filter((name) => !isDeepStrictEqual(before[name], after[name]));
	return tx.emit(customFieldUpdated, after, { target, key, searchable, archived, changed });
}

export function customFieldActions(from: Customers): Record<string, ActionSchema> {
	const { fields, store } = from;
	return {
		createCustomField: action(createCustomField, async (ctx) => {
			const { tenantId } = staffScope(callerOf(ctx));
			const { target, key, label, type, ...rest } = ctx.params;
			const { options = [], required = false, regex = null, searchable = false, pii = false, archived = false } = rest;
			const definition = { target, key, type, options, required, regex, searchable, pii, archived };
			checkDefinition(definition);
			return store.commit(commandOf(ctx), async (tx) => {
				const existing = await fieldsOf(from, tenantId, target, tx);
				const namesake = existing.find((field) => field.key === key);
				if (namesake)
					throw duplicate("/key", `There is a field ${key} for this target already.`, {
						existingId: namesake._id,
					});
				if (existing.length >= MAX_FIELDS)
					throw new Problem(409, "conflict", `There can be at most ${MAX_FIELDS} custom fields for one target.`);
				const named = { ...definition, label: cleanName(label, "/label") };
				return customFieldView(await orStartOver(fields.create(tx, { ...named, _id: newId(), tenantId })));
			});
		}),
		listCustomFields: action(listCustomFields, async (ctx) => {
			const { data, page } = await fields.list(staffScope(callerOf(ctx)), CUSTOM_FIELD_LIST, ctx.params);
			return { data: data.map(customFieldView), page };
		}),
		getCustomField: action(getCustomField, async (ctx) =>
			customFieldView(await fields.require(staffScope(callerOf(ctx)), ctx.params.id)),
		),
		updateCustomField: action(updateCustomField, async (ctx) => {
			const scope = staffScope(callerOf(ctx));
			const { id, ifVersion, label, ...input } = ctx.params;
			return store.commit(commandOf(ctx), async (tx) => {
				const before = await fields.require(scope, id, tx);
				checkVersion(before, ifVersion);
				const after = {
					...before,
					...input,
					label: label === undefined ? before.label : cleanName(label, "/label"),
				};
				checkDefinition(after);
				const saved = await fields.update(tx, before, after);
				if (saved.version !== before.version) await emitUpdated(tx, before, saved);
				return customFieldView(saved);
			});
		}),
		deleteCustomField: action(deleteCustomField, async (ctx) => {
			const scope = staffScope(callerOf(ctx));
			const { id, ifVersion } = ctx.params;
			return store.commit(commandOf(ctx), async (tx) => {
				const before = await fields.require(scope, id, tx);
				checkVersion(before, ifVersion);
				if (await isInUse(from, tx, before))
					throw new Problem(409, "custom_field_in_use", "The field has values or may have some. Archive it instead.");
				await fields.remove(tx, before);
				return null;
			});
		}),
	};
}
