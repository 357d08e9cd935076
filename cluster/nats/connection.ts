import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { ConnectionOptions } from "nats";
import { lazy } from "../../lib/lazy.ts";

/** The library, loaded when there is something to connect to. */
export const natsLibrary = lazy(() => createRequire(import.meta.url)("nats") as typeof import("nats"));

/** Files that prove a process to the server; each a path or null. */
export interface NatsFiles {
	credentials: string | null;
	ca: string | null;
	certificate: string | null;
	key: string | null;
}

/** How long a lost connection waits before the next try, and how often it is asked for a sign of life, ms. */
const RECONNECT_MS = 500;
const PING_MS = 5000;

/** A file of credentials is what `nsc` writes for a user, or the seed of an nkey alone. */
function authenticatorOf(path: string): NonNullable<ConnectionOptions["authenticator"]> {
	const content = readFileSync(path);
	const seed = /^\s*(SU[A-Z2-7]{56})\s*$/.exec(content.toString("utf8"))?.[1];
	return seed ? natsLibrary().nkeyAuthenticator(Buffer.from(seed)) : natsLibrary().credsAuthenticator(content);
}

/** A user name and password are taken from the URL, which the library itself would drop. */
function userOf(url: URL): Pick<ConnectionOptions, "user" | "pass" | "token"> {
	const [name, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
	if (name === "") return {};
	return password === "" ? { token: name } : { user: name, pass: password };
}

/**
 * What every connection of this product to NATS is opened with: it reconnects for ever. `urls` are one or more servers
 * of one cluster, separated by commas, such as `nats://user:password@host:4222`; the scheme `tls` or a file of a
 * certificate authority asks for TLS. `name` is what the server's own monitoring shows.
 * @throws {Error} when a file cannot be read
 */
export function natsConnectionOptions(urls: string, files: NatsFiles, name: string): ConnectionOptions {
	const servers = urls.split(",").map((text) => new URL(text.trim()));
	const isTls = files.ca !== null || files.certificate !== null || servers.some(({ protocol }) => protocol === "tls:");
	return {
		servers: servers.map(({ host }) => host),
		name,
		...userOf(servers[0] as URL),
		...(files.credentials === null ? {} : { authenticator: authenticatorOf(files.credentials) }),
		...(isTls
			? {
					tls: {
						...(files.ca === null ? {} : { caFile: files.ca }),
						...(files.certificate === null ? {} : { certFile: files.certificate }),
						...(files.key === null ? {} : { keyFile: files.key }),
					},
				}
			: {}),
		maxReconnectAttempts: -1,
		// A server that is being set up anew refuses everybody for a moment.
		ignoreAuthErrorAbort: true,
		reconnectTimeWait: RECONNECT_MS,
		pingInterval: PING_MS,
		maxPingOut: 2,
	};
}
