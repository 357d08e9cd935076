export default {
	testEnvironment: "node",
	roots: ["<rootDir>/test"],
	testMatch: ["**/*.test.ts"],
	extensionsToTreatAsEsm: [".ts"],
	transform: { "\\.ts$": "<rootDir>/scripts/jest-strip-types.mjs" },
	testTimeout: 30_000,
	maxWorkers: 2,
};
