import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Locale, Nullable, Words } from "./fields.ts";
import { VISIBILITIES } from "./knowledge-base-events.ts";
import { CategoryView } from "./knowledge-base-views.ts";
import { defineList } from "./list-contract.ts";

const ById = strict({ id: Id });
const InLocale = strict({ locale: Type.Optional(Locale) });
const Name = Type.String({ minLength: 1, maxLength: 255 });
const Description = Nullable(Type.String({ maxLength: 1024 }));

const CategoryFields = {
	description: Type.Optional(Description),
	parentId: Type.Optional(Nullable(Id)),
	order: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
	/** the language of name and description */
	locale: Type.Optional(Locale),
	visibility: Type.Optional(Words(VISIBILITIES)),
	slug: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
	/** several languages at once */
	translations: Type.Optional(
		Type.Record(
			Type.String({ maxLength: 35 }),
			Nullable(strict({ name: Type.Optional(Name), description: Type.Optional(Description) })),
		),
	),
};

const byLanguage = ({ locale }: { locale: string }) => ({ "Content-Language": locale, Vary: "Accept-Language" });

export const CATEGORY_LIST = {
	filters: {
		parentId: { type: "id", nullable: true, operators: ["eq", "in"] },
		visibility: { type: "string", values: VISIBILITIES, operators: ["eq", "in"] },
		slug: { type: "string", operators: ["eq", "in"] },
		locale: { type: "string", operators: ["eq"] },
		fallback: { type: "boolean", operators: ["eq"] },
		tree: { type: "boolean", operators: ["eq"] },
		createdAt: { type: "instant" },
		updatedAt: { type: "instant" },
	},
	sorts: ["order", "name", "createdAt", "updatedAt"],
	defaultSort: "order",
} satisfies ListSpec;

export const listCategories = defineList({
	name: "knowledge-base.listCategories",
	access: "kb.read",
	rest: "GET /knowledge-base/categories",
	help: "GET /categories",
	summary: "List categories",
	description:
		"In the order of the tree: each category before those below it, siblings by `order`. `parentId=none` gives the " +
		"roots, `tree=true` nests `children` in them. Customers and visitors see the categories that hold, in themselves " +
		"or below, an article that they can read in the language asked for or in another; `fallback=false` leaves out " +
		"what is not in that language. `articleCount` counts the articles that the reader may see.",
	list: CATEGORY_LIST,
	item: CategoryView,
	headers: () => ({ Vary: "Accept-Language" }),
});

export const getCategory = defineAction({
	name: "knowledge-base.getCategory",
	access: "kb.read",
	rest: "GET /knowledge-base/categories/:id",
	help: "GET /categories/:id",
	summary: "Show a category",
	path: ById,
	query: InLocale,
	result: CategoryView,
	headers: byLanguage,
});

export const createCategory = defineAction({
	name: "knowledge-base.createCategory",
	access: "kb.write",
	rest: "POST /knowledge-base/categories",
	summary: "Make a category",
	description:
		"At most five levels deep. `name` and `description` are in `locale` (the tenant's unless told); `translations` " +
		"takes several languages at once. The slug is made of the name and gets a number where it is taken. Needs " +
		"`kb.publish`, which agents have where the tenant's setting `agentsMayPublish` says so.",
	body: strict({ name: Name, ...CategoryFields }),
	result: CategoryView,
	status: 201,
	headers: (category) => ({ ...byLanguage(category), Location: `/api/knowledge-base/categories/${category.id}` }),
});

export const updateCategory = defineAction({
	name: "knowledge-base.updateCategory",
	access: "kb.write",
	rest: ["PUT /knowledge-base/categories/:id", "PATCH /knowledge-base/categories/:id"],
	summary: "Change a category",
	description:
		"Only the fields that the body names change. A parent that is the category itself or below it answers 409 " +
		"`category_cycle`. In `translations`, null removes a language. What a stricter visibility hides is hidden with " +
		"the answer.",
	path: ById,
	body: strict({ name: Type.Optional(Name), ...CategoryFields }),
	result: CategoryView,
	ifMatch: true,
	headers: byLanguage,
});

export const deleteCategory = defineAction({
	name: "knowledge-base.deleteCategory",
	access: "kb.write",
	rest: "DELETE /knowledge-base/categories/:id",
	summary: "Remove a category",
	description:
		"While there are articles or categories in it this answers 409 `category_not_empty`, unless `moveTo` names the " +
		"category that takes them, or `none` for no category.",
	path: ById,
	query: strict({ moveTo: Type.Optional(Id) }),
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

/** Every action on categories that a client can call. */
export const categoryContracts = [listCategories, getCategory, createCategory, updateCategory, deleteCategory];
