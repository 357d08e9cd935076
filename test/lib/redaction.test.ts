import { withoutSecrets } from "../../lib/redaction.ts";

test.each([
	["a token of ours", "bad token cnd_01a1fe_abcDEF-_123 given", "bad token cnd_[redacted] given"],
	["a header", 'authorization: "Bearer abc.def-123456"', 'authorization: "Bearer [redacted]"'],
	["a JSON Web Token", "got eyJhbGciOiJub25lIn0.eyJzdWIiOjF9.c2ln", "got [redacted]"],
	[
		"the password of a URL",
		"connect mongodb://app:s3cr3t@db1,db2/x failed",
		"connect mongodb://[redacted]@db1,db2/x failed",
	],
	["a password without a user", "redis://:s3cr3t@cache:6379", "redis://[redacted]@cache:6379"],
	["a person's address", 'duplicate key { email: "o.o\'neil+x@mail.example.com" }', "[address]"],
	["a text without any", "ticket 12 @ gateway costs 3 %", "ticket 12 @ gateway costs 3 %"],
	["a URL without a password", "nats://127.0.0.1:4222 is away", "nats://127.0.0.1:4222 is away"],
])("%s is not shown", (_what, text, shown) => {
	expect(withoutSecrets(text)).toContain(shown);
	expect(withoutSecrets(text)).not.toMatch(/s3cr3t|abcDEF|c2ln|neil|def-123456/);
});
