// Test files run in Node itself, one after the other in two threads that keep what was loaded: the runner of Jest's own
// would load and compile every module anew for each of them, which took longer than the tests.

/** Minutes of kills and restarts of whole clusters: `CLUSTER=all npm test -- test/cluster`. */
const LONG = [
	"/test/cluster/(away|kills|rolling|promised-ticket)\\.test",
	"/test/api/merge-kill\\.test",
	"/test/event-log/jetstream-kills\\.test",
];

export default {
	runner: "jest-light-runner",
	transform: {},
	roots: ["<rootDir>/test"],
	testMatch: ["**/*.test.ts"],
	testPathIgnorePatterns: ["/node_modules/", ...(process.env.CLUSTER === "all" ? [] : LONG)],
	testTimeout: 30_000,
	maxWorkers: 2,
};
