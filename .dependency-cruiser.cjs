/** Who may import whom. A service knows the others by their contracts only. */
module.exports = {
	forbidden: [
		{
			name: "no-cycles",
			severity: "error",
			from: {},
			// Types that name each other leave nothing behind at run time.
			to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
		},
		{
			name: "lib-stands-alone",
			severity: "error",
			from: { path: "^lib/" },
			to: { path: "^(contracts|models|cluster|embedded|mixins|services|test|bench|scripts)/" },
		},
		{
			name: "contracts-use-lib-only",
			severity: "error",
			from: { path: "^contracts/" },
			to: { path: "^(models|cluster|embedded|mixins|services|test|bench|scripts)/" },
		},
		{
			name: "models-cluster-and-embedded-use-lib-only",
			severity: "error",
			from: { path: "^(models|cluster|embedded)/" },
			to: { path: "^(contracts|mixins|services|test|bench|scripts)/" },
		},
		{
			name: "cluster-and-embedded-know-nothing-of-the-desk",
			severity: "error",
			from: { path: "^(cluster|embedded)/" },
			to: { path: "^models/" },
		},
		{
			name: "mixins-know-no-service",
			severity: "error",
			from: { path: "^mixins/" },
			to: { path: "^(services|test|bench|scripts)/" },
		},
		{
			name: "no-service-imports-another",
			severity: "error",
			from: { path: "^services/([^/]+)/" },
			to: { path: "^services/", pathNot: "^services/$1/" },
		},
		{
			name: "services-open-no-store-themselves",
			severity: "error",
			from: { path: "^services/" },
			to: { path: "^(cluster|embedded|test|bench|scripts)/" },
		},
		{
			name: "product-knows-no-test",
			severity: "error",
			from: { pathNot: "^(test|bench|scripts)/" },
			to: { path: "^(test|bench)/" },
		},
	],
	options: {
		doNotFollow: { path: "node_modules" },
		exclude: { path: "node_modules" },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: "tsconfig.json" },
		enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js", ".cjs", ".json"] },
	},
};
