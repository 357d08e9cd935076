import fc from "fast-check";
import { continueTrace, isSampled, traceIdOf } from "../../lib/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test.each([
	["01", true],
	["00", false],
	["03", true],
	["02", false],
	["ff", true],
])("the flags %s of a client decide whether its trace is sampled", (flags, sampled) => {
	const trace = continueTrace(`00-${TRACE}-${SPAN}-${flags}`, () => !sampled);
	expect(trace).toMatchObject({ traceId: TRACE, parentId: SPAN, sampled });
	expect(trace.spanId).not.toBe(SPAN);
	expect(isSampled(trace.traceparent)).toBe(sampled);
	expect(traceIdOf(trace.traceparent)).toBe(TRACE);
});

test("anything that is no traceparent begins a new trace, sampled as we decide", () => {
	const odd = fc.oneof(
		fc.string(),
		fc.constantFrom(
			`00-${TRACE.toUpperCase()}-${SPAN}-01`,
			`00-${"0".repeat(32)}-${SPAN}-01`,
			`00-${TRACE}-${"0".repeat(16)}-01`,
			`ff-${TRACE}-${SPAN}-01`,
			`00-${TRACE}-${SPAN}-01-more`,
			` 00-${TRACE}-${SPAN}-01`,
		),
	);
	fc.assert(
		fc.property(odd, fc.boolean(), (header, sampled) => {
			const trace = continueTrace(header, () => sampled);
			expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
			expect(trace).toMatchObject({ parentId: null, sampled });
			expect(trace.traceparent).toBe(`00-${trace.traceId}-${trace.spanId}-0${sampled ? 1 : 0}`);
		}),
		{ seed: 3 },
	);
});
