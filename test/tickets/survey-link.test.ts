import fc from "fast-check";
import { newId } from "../../lib/ids.ts";
import { isLinkTo, surveyIdOf, surveyUrl } from "../../services/tickets/surveys/survey-link.ts";

const SEED = 7_20_26;
const store = { secret: "a secret of the service" };
const tokenOf = (url: string) => url.replace("/api/csat/", "");

test("a link names its survey and is good for no other, in no other tenant and under no other secret", () => {
	fc.assert(
		fc.property(fc.uuid(), fc.uuid(), fc.uuid(), (_id, other, tenantId) => {
			const survey = { _id, tenantId };
			const token = tokenOf(surveyUrl(store, survey));
			expect(token).toMatch(/^[A-Za-z0-9_-]{54}$/);
			expect(surveyIdOf(token)).toBe(_id);
			expect(isLinkTo(store, survey, token)).toBe(true);
			expect(isLinkTo(store, { ...survey, _id: other }, token)).toBe(_id === other);
			expect(isLinkTo(store, { ...survey, tenantId: newId() }, token)).toBe(false);
			expect(isLinkTo({ secret: "another" }, survey, token)).toBe(false);
		}),
		{ seed: SEED, numRuns: 200 },
	);
});

test("whatever else is sent is no link", () => {
	const survey = { _id: newId(), tenantId: newId() };
	fc.assert(
		fc.property(fc.string({ maxLength: 80 }), (text) => {
			expect(isLinkTo(store, survey, text)).toBe(false);
			expect(typeof surveyIdOf(text)).toBe("string");
		}),
		{ seed: SEED, numRuns: 500 },
	);
});
