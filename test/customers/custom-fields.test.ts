import { listCompanies } from "../../contracts/companies.ts";
import {
	createCustomField,
	deleteCustomField,
	getCustomField,
	listCustomFields,
	updateCustomField,
} from "../../contracts/custom-fields.ts";
import { createCustomer, listCustomers, updateCustomer } from "../../contracts/customers.ts";
import { checkCustomFields, findOrCreate } from "../../contracts/customers-internal.ts";
import { type CustomersDesk, customersDesk, problemOf } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

const define = (key: string, more: object = {}) =>
	desk.call(createCustomField, { target: "customer", key, label: key, type: "text", ...more } as never, desk.as.admin);

test("a field is defined, changed, archived and listed", async () => {
	const made = await define("plan", { type: "select", options: ["gold", "silver"], searchable: true });
	expect(made).toMatchObject({
		version: 1,
		target: "customer",
		key: "plan",
		type: "select",
		options: ["gold", "silver"],
		required: false,
		regex: null,
		searchable: true,
		archived: false,
	});
	expect(await desk.call(getCustomField, { id: made.id }, desk.as.agent)).toEqual(made);
	const after = await desk.call(
		updateCustomField,
		{ id: made.id, options: ["gold", "silver", "bronze"], label: "The plan" },
		desk.as.admin,
	);
	expect(after).toEqual({ ...made, version: 2, label: "The plan", options: ["gold", "silver", "bronze"] });
	expect(await problemOf(desk.call(updateCustomField, { id: made.id, options: [] }, desk.as.admin))).toMatchObject({
		code: 422,
	});
	expect(
		await problemOf(desk.call(updateCustomField, { id: made.id, type: "text" } as never, desk.as.admin)),
	).toMatchObject({ status: "422 unknown_field" });
	const twice = await problemOf(define("plan"));
	expect(twice).toMatchObject({ status: "409 duplicate", data: { extra: { existingId: made.id } } });
	await define("plan", { target: "company" });
	const keys = async (filter: object, sort = "key") =>
		(await desk.call(listCustomFields, { filter, sort } as never, desk.as.agent)).data.map(
			(f) => `${f.target} ${f.key}`,
		);
	expect(await keys({ key: { eq: "plan" }, target: { eq: "customer" } })).toEqual(["customer plan"]);
	expect(await keys({ archived: { eq: true } })).toEqual([]);
	expect(await keys({ type: { in: ["select"] } }, "createdAt")).toEqual(["customer plan"]);
});

test("values are checked, merged and filtered by in the field's own type", async () => {
	await define("seats", { type: "integer" });
	await define("vat", { regex: "[A-Z]{2}\\d+" });
	await define("areas", { type: "multiselect", options: ["north", "south"] });
	const make = (customFields: object) => desk.customer({ tags: ["fields"], customFields });
	const one = await make({ seats: 5, vat: "AT123", areas: ["north"] });
	const two = await make({ seats: 50, areas: ["south", "north"] });
	const three = await make({});
	expect(one.customFields).toEqual({ seats: 5, vat: "AT123", areas: ["north"] });
	const found = async (customFields: object) => {
		const params = { filter: { tag: { eq: "fields" }, customFields }, sort: "createdAt" };
		return (await desk.call(listCustomers, params as never, desk.as.agent)).data.map((customer) => customer.id);
	};
	expect(await found({ seats: { eq: "5" } })).toEqual([one.id]);
	expect(await found({ seats: { gte: "5" } })).toEqual([one.id, two.id]);
	expect(await found({ seats: { gt: "5", lt: "100" } })).toEqual([two.id]);
	expect(await found({ seats: { ne: "5" } })).toEqual([two.id, three.id]);
	expect(await found({ areas: { eq: "north" } })).toEqual([one.id, two.id]);
	expect(await found({ areas: { in: ["south", "west"] } })).toEqual([two.id]);
	expect(await found({ vat: { exists: true } })).toEqual([one.id]);
	expect(await found({ vat: { exists: false }, seats: { exists: true } })).toEqual([two.id]);
	expect(await problemOf(found({ nothing: { eq: "x" } }))).toMatchObject({ status: "400 unknown_parameter" });

	const after = await desk.call(
		updateCustomer,
		{ id: one.id, customFields: { seats: null, vat: "DE9" } },
		desk.as.agent,
	);
	expect(after.customFields).toEqual({ vat: "DE9", areas: ["north"] });
	expect(await found({ seats: { exists: true } })).toEqual([two.id]);
	const refused = await problemOf(
		desk.call(updateCustomer, { id: one.id, customFields: { vat: "nonsense", colour: "red" } }, desk.as.agent),
	);
	expect(refused.data.errors?.map((error) => [error.pointer, error.code])).toEqual([
		["/customFields/vat", "pattern"],
		["/customFields/colour", "unknown_field"],
	]);
	expect(await problemOf(make({ colour: "red" }))).toMatchObject({ status: "422 unknown_field" });
});

test("a required field is asked for when somebody makes a customer, not when a service does", async () => {
	const field = await define("source", { required: true });
	const refused = await problemOf(desk.call(createCustomer, { name: "X" }, desk.as.agent));
	expect(refused.data.errors).toMatchObject([{ pointer: "/customFields/source", code: "required" }]);
	const found = await desk.call(findOrCreate, { tenantId: desk.home.id, email: "inbound@mail.example" });
	expect(found.created).toBe(true);
	await desk.call(updateCustomField, { id: field.id, required: false }, desk.as.admin);
	await desk.call(createCustomer, { name: "X" }, desk.as.agent);
});

test("a field goes when nobody has a value", async () => {
	const [used, unused] = [await define("used"), await define("unused")];
	const made = await desk.customer({ customFields: { used: "x" } });
	expect(await desk.call(deleteCustomField, { id: unused.id }, desk.as.admin)).toBeNull();
	expect(await problemOf(desk.call(deleteCustomField, { id: used.id }, desk.as.admin))).toMatchObject({
		status: "409 custom_field_in_use",
	});
	await desk.call(updateCustomField, { id: used.id, archived: true }, desk.as.admin);
	const late = await problemOf(desk.customer({ customFields: { used: "y" } }));
	expect(late.data.errors).toMatchObject([{ code: "archived" }]);
	await desk.call(updateCustomer, { id: made.id, customFields: { used: null } }, desk.as.agent);
	expect(await desk.call(deleteCustomField, { id: used.id }, desk.as.admin)).toBeNull();
});

test("fields of companies are theirs", async () => {
	await define("size", { target: "company", type: "number" });
	const company = await desk.company({ customFields: { size: 12.5 } });
	const params = { filter: { customFields: { size: { lt: "13" } } } };
	expect((await desk.call(listCompanies, params as never, desk.as.agent)).data).toEqual([company]);
	expect(await problemOf(desk.customer({ customFields: { size: 1 } }))).toMatchObject({ status: "422 unknown_field" });
});

test("other services have values checked by the same rules", async () => {
	const field = await define("impact", { target: "ticket", type: "select", options: ["one", "all"], required: true });
	const check = (values: object, more: object = {}) =>
		desk.call(checkCustomFields, { tenantId: desk.home.id, target: "ticket", values, ...more } as never);
	expect(await check({ impact: "all" }, { current: { old: 1 } })).toEqual({ impact: "all", old: 1 });
	expect(await check({})).toEqual({});
	expect(await problemOf(check({}, { requireAll: true }))).toMatchObject({ code: 422 });
	expect(await problemOf(check({ impact: "some" }))).toMatchObject({ code: 422 });
	expect(await problemOf(desk.call(deleteCustomField, { id: field.id }, desk.as.admin))).toMatchObject({ code: 409 });
	await desk.call(updateCustomField, { id: field.id, archived: true }, desk.as.admin);
	await desk.call(deleteCustomField, { id: field.id }, desk.as.admin);
});

test("two at once cannot define one key twice", async () => {
	const settled = await Promise.allSettled(Array.from({ length: 10 }, () => define("raced")));
	expect(settled.filter((one) => one.status === "fulfilled")).toHaveLength(1);
});
