import { renderHtml } from "../../../lib/rich-text.ts";
import { render, templateWarnings, unknownVariables } from "../../../services/tickets/rules/template.ts";
import { ticketWith } from "../ticket.ts";

const values = {
	ticket: ticketWith({ subject: "A <b>", tags: ["a", "b"], customFields: { plan: "gold" }, dueAt: null }),
	customer: { name: "Cora & Co", email: "cora@example.com" },
	assignee: undefined,
	rule: { name: "R" },
	sla: { metric: "resolution" },
};

test.each([
	["plain", "plain"],
	["#{{ticket.number}}", "#7"],
	["{{ ticket.id }}", "t1"],
	["{{ticket.subject}}", "A &lt;b&gt;"],
	["{{customer.name}}", "Cora &amp; Co"],
	["{{requester.name}}", "Cora &amp; Co"],
	["{{ticket.tags}}", "a, b"],
	["{{ticket.customFields.plan}}", "gold"],
	["{{ticket.customFields.none}}", ""],
	["{{ticket.createdAt}}", "2026-01-05T08:00:00.000Z"],
	["{{ticket.dueAt}}|{{assignee.name}}|{{group.name}}", "||"],
	["{{rule.name}} {{sla.metric}}", "R resolution"],
	["{{nothing}}{{ticket.tenantId}}{{customer.constructor}}{{ticket.customFields.__proto__}}", ""],
	["{{#if ticket.number}}x{{/if}}", "{{#if ticket.number}}x{{/if}}"],
	["{{{ticket.number}}}", "{7}"],
	["{{ticket.number", "{{ticket.number"],
])("%s", (template, expected) => {
	expect(render(template, values)).toBe(expected);
});

test("what is filled in makes no markup of its own, and is not filled in again", () => {
	const ticket = ticketWith({ subject: "![x](http://x.example/a.png) [y](http://y.example) {{customer.email}} `c`" });
	const text = render("{{ticket.subject}}", { ...values, ticket });
	expect(renderHtml(text, "markdown")).not.toMatch(/<img|<code|>y<\/a>/);
	expect(text).toContain("{{customer.email}}");
});

test("warnings name each unknown variable once, and where", () => {
	expect(unknownVariables("{{a.b}} {{ticket.number}} {{a.b}} {{ticket.tenantId}} {{ticket.customFields.x}}")).toEqual([
		"a.b",
		"ticket.tenantId",
	]);
	expect(templateWarnings("{{oops}}", "/actions/2/template")).toEqual([
		{ pointer: "/actions/2/template", code: "unknown_variable", message: expect.stringContaining("oops") },
	]);
});
