import fc from "fast-check";
import { emails, phones } from "../../services/customers/contact-kinds.ts";
import { patchContacts } from "../../services/customers/contact-points.ts";
import { maskName, maskPhone, maskText } from "../../services/customers/masking.ts";
import { derivedName } from "../../services/customers/names.ts";

test.each([
	["+43 664 1234567", "***567"],
	["+436641234567", "***567"],
	["123456", "***456"],
	["12345", "***"],
	["112", "***"],
	["ext", "***"],
])("%s is shown as %s", (phone, shown) => {
	expect(maskPhone(phone)).toBe(shown);
});

test.each([
	["Ada Byron", "Ada Byron"],
	["ada@example.com", "a***@example.com"],
	["Ada <ada.byron@example.com>, desk", "Ada <a***@example.com>, desk"],
	["crm:42", "crm:42"],
])("in %s, %s is left", (text, shown) => {
	expect(maskText(text)).toBe(shown);
});

const named = (name: string, email?: string, phone?: string) => ({
	name,
	emails: patchContacts(emails, [], { one: email }),
	phones: patchContacts(phones, [], { one: phone }),
});

test("a name made from an address or number is masked like it", () => {
	expect(maskName(named("Ada Byron", "ada@example.com"))).toBe("Ada Byron");
	expect(maskName(named("ada.byron", "Ada.Byron@example.com"))).toBe("a***");
	expect(maskName(named("+43 664 1234567", undefined, "+43 664 1234567"))).toBe("***567");
	expect(maskName(named("someone@else.example", "ada@example.com"))).toBe("s***@else.example");
});

test("no name that was derived shows more than its first character", () => {
	fc.assert(
		fc.property(fc.stringMatching(/^[a-zA-Z0-9._+-]{2,30}$/), (local) => {
			const email = `${local}@example.com`;
			const name = derivedName(email, undefined) ?? "";
			expect(name).toBe(local);
			expect(maskName(named(name, email))).toBe(`${local[0]}***`);
		}),
		{ seed: 20260115 },
	);
});
