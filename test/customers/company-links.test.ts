import type { CompanyLink } from "../../models/customer.ts";
import { patchLinks } from "../../services/customers/company-links.ts";

const member = (id: string): CompanyLink => ({ id, role: "member" });
const manager = (id: string): CompanyLink => ({ id, role: "manager" });
const current = [member("a"), manager("b")];

test.each([
	["nothing said", {}, current],
	["another primary", { companyId: "c" }, [member("c"), manager("b")]],
	["one that is there moves up", { companyId: "b" }, [manager("b"), member("a")]],
	["the primary again", { companyId: "a" }, current],
	["none", { companyId: null }, [manager("b")]],
	["by name", { namedId: "c" }, [member("c"), manager("b")]],
	["no name", { namedId: null }, [manager("b")]],
	["all by id, roles kept", { companyIds: ["c", "b", "c"] }, [member("c"), manager("b")]],
	["all with roles", { companies: [{ id: "a", role: "manager" as const }, { id: "b" }] }, [manager("a"), manager("b")]],
	["all and which is first", { companyIds: ["c", "b"], companyId: "b" }, [manager("b"), member("c")]],
	["all and one more", { companyIds: ["c"], companyId: "d" }, [member("d"), member("c")]],
	["empty", { companyIds: [] }, []],
	["cleared by id", { companyIds: null }, []],
	["cleared with roles", { companies: null }, []],
])("%s", (_what, input, expected) => {
	expect(patchLinks(current, input)).toEqual(expected);
});

test.each([
	[{ companyId: "a", namedId: "b" }, "/company"],
	[{ companyIds: ["a"], companies: [{ id: "a" }] }, "/companyIds"],
	[{ companyIds: Array.from({ length: 20 }, (_, i) => `c${i}`), companyId: "x" }, "/companyId"],
])("%j is refused", (input, pointer) => {
	expect(() => patchLinks(current, input)).toThrow(
		expect.objectContaining({
			code: 422,
			data: expect.objectContaining({ errors: [expect.objectContaining({ pointer })] }),
		}),
	);
});
