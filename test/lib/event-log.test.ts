import { assertEvent, assertTypes } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";

describe("assertEvent", () => {
	test.each(["id", "type", "tenantId", "subject"])("wants a %s", (field) => {
		for (const value of [undefined, null, "", 5, {}]) {
			expect(() => assertEvent({ ...domainEvent(), [field]: value })).toThrow(`it has no ${field}`);
		}
	});

	test("names the event it refuses", () => {
		expect(() => assertEvent({ ...domainEvent({ type: "ticket.solved" }), tenantId: "" })).toThrow('"ticket.solved"');
	});

	test("wants an object", () => {
		for (const value of [null, undefined, "event", 1]) expect(() => assertEvent(value)).toThrow("must be an object");
	});

	test("accepts a whole event", () => {
		expect(() => assertEvent(domainEvent())).not.toThrow();
	});
});

test.each(["*", "ticket", "ticket.created", "ticket.*", "ticket.message.added", "user.availability_changed", "t2.x"])(
	"%s is a type or pattern",
	(type) => expect(() => assertTypes([type])).not.toThrow(),
);

test.each([
	"",
	"**",
	"*.created",
	"ticket.",
	".created",
	"Ticket.created",
	"ticket*",
	"ticket.*.x",
	"ticket..x",
	"a b",
	"[t]",
])("%j is no type", (type) => expect(() => assertTypes(["ticket.created", type])).toThrow("is not an event type"));

test("a list of types must not be empty", () => {
	expect(() => assertTypes([])).toThrow("must not be empty");
});
