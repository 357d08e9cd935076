// Test files run in Node itself, one after the other in two threads that keep what was loaded: the runner of Jest's own
// would load and compile every module anew for each of them, which took longer than the tests.

/** What takes minutes: processes, servers and browsers that are started, killed and frozen, and much mail. `LONG=only npm test`. */
const LONG = [
	"/test/cluster/(attachments|away|comes-up|kills|promised-ticket|rolling|store-processes|tracing)\\.test",
	"/test/cluster/nats/transporter\\.test",
	"/test/.*kill(s|ed)?\\.test",
	"/test/api/(degradation|mail-dashboard)\\.test",
	"/test/deploy/production-install\\.test",
	"/test/embedded/same-answers\\.test",
	"/test/event-log/jetstream\\.test",
	"/test/knowledge-base/text/browser\\.test",
];
const { LONG: which } = process.env;

export default {
	runner: "jest-light-runner",
	transform: {},
	roots: ["<rootDir>/test"],
	...(which === "only" ? { testRegex: LONG } : { testMatch: ["**/*.test.ts"] }),
	testPathIgnorePatterns: ["/node_modules/", ...(which ? [] : LONG)],
	testTimeout: 30_000,
	maxWorkers: 2,
};
