// Test files run in Node itself, one after the other in two threads that keep what was loaded: the runner of Jest's own
// would load and compile every module anew for each of them, which took longer than the tests.
export default {
	runner: "jest-light-runner",
	transform: {},
	roots: ["<rootDir>/test"],
	testMatch: ["**/*.test.ts"],
	testTimeout: 30_000,
	maxWorkers: 2,
};
