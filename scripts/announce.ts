import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Config } from "../config.ts";

/** What a new user needs to know once the services run. */
export interface Announcement {
	/** where the gateway listens; null in a process without one */
	origin: string | null;
	/** where a process without a gateway answers `/health` and `/metrics`; null where it does not */
	operationsOrigin?: string | null;
	/** the demo tenant's owner token, where this start made it */
	demoToken: string | null;
	/** the platform's token, where this start made it up */
	platformToken: string | null;
}

/**
 * Prints where the product listens and, after a first start, the credentials that are shown once. The demo token is left
 * in the data folder too, readable by the same user only, so that `npm run demo` finds it.
 */
export function announce(config: Config, announcement: Announcement): void {
	const { origin, demoToken, platformToken } = announcement;
	const lines = [placeOf(announcement)];
	if (platformToken) lines.push(`Platform token, shown once: ${platformToken}`);
	if (demoToken) {
		writeFileSync(path.join(config.dataDir, "demo-token"), `${demoToken}\n`, { mode: 0o600 });
		lines.push(
			`Token of the demo tenant's owner, shown once: ${demoToken}`,
			`Try it: curl -s ${origin ?? ""}/api/me -H "Authorization: Bearer ${demoToken}"`,
		);
	}
	if (config.production && config.oidc === null) lines.push("No OIDC_ISSUER is set: API tokens are the only way in.");
	console.log(lines.join("\n"));
}

function placeOf({ origin, operationsOrigin }: Announcement): string {
	if (origin) return `Conductor listens on ${origin} — the API is described at ${origin}/api/docs`;
	return operationsOrigin ? `Conductor runs; it says how it is on ${operationsOrigin}/health/ready` : "Conductor runs.";
}
