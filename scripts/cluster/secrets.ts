import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ClusterSecrets } from "./cluster.ts";

/** Everything secret of a deployment on this machine, made up at its first start. */
export interface KeptSecrets extends ClusterSecrets {
	platformToken: string;
	demoToken: string;
}

const newSecret = () => randomBytes(24).toString("base64url");

/** The secrets of a deployment: what it was given, else what its data folder keeps, else new ones, which are kept there. */
export function secretsOf(
	dataDir: string,
	environment: Readonly<Record<string, string | undefined>>,
): { secrets: KeptSecrets; isNew: boolean } {
	const file = path.join(dataDir, "cluster-secrets.json");
	const isNew = !existsSync(file);
	mkdirSync(dataDir, { recursive: true, mode: 0o700 });
	const kept: Partial<KeptSecrets> = isNew ? {} : (JSON.parse(readFileSync(file, "utf8")) as KeptSecrets);
	const secrets: KeptSecrets = {
		clusterSecret: environment.CLUSTER_SECRET ?? kept.clusterSecret ?? newSecret(),
		natsPassword: kept.natsPassword ?? newSecret(),
		redisPassword: kept.redisPassword ?? newSecret(),
		platformToken: environment.PLATFORM_TOKEN ?? kept.platformToken ?? `cnd_platform_${newSecret()}`,
		demoToken: environment.DEMO_TOKEN ?? kept.demoToken ?? `cnd_${newSecret()}`,
	};
	writeFileSync(file, `${JSON.stringify(secrets, null, "\t")}\n`, { mode: 0o600 });
	return { secrets, isNew };
}
