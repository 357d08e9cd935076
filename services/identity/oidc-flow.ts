import type { Clock } from "../../lib/clock.ts";
import { Problem } from "../../lib/problem.ts";

/** What has to be remembered between sending a browser to the issuer and its coming back. */
export interface Flow {
	issuer: string;
	state: string;
	nonce: string;
	/** the PKCE code verifier: its hash went to the issuer, it itself goes with the code */
	verifier: string;
	redirectUri: string;
	returnTo: string;
}

const PURPOSE = "sign-in";
const FIELDS = ["issuer", "state", "nonce", "verifier", "redirectUri", "returnTo"] as const;

/**
 * Seals a flow for the browser to keep: encrypted and authenticated (AES-256-GCM), so that nothing has to be stored for
 * visitors who never come back. `key` has 32 bytes.
 */
export async function sealFlow(flow: Flow, key: Uint8Array, clock: Clock, ttlSec: number): Promise<string> {
	const { EncryptJWT } = await import("jose");
	const issuedAt = Math.floor(clock.now().getTime() / 1000);
	return new EncryptJWT({ ...flow })
		.setProtectedHeader({ alg: "dir", enc: "A256GCM" })
		.setAudience(PURPOSE)
		.setExpirationTime(issuedAt + ttlSec)
		.encrypt(key);
}

/** Opens a sealed flow. Throws 400 `sign_in_expired` for one that is too old, altered or not ours. */
export async function openFlow(sealed: string, key: Uint8Array, clock: Clock): Promise<Flow> {
	const { jwtDecrypt } = await import("jose");
	try {
		const { payload } = await jwtDecrypt(sealed, key, {
			audience: PURPOSE,
			requiredClaims: ["exp", ...FIELDS],
			keyManagementAlgorithms: ["dir"],
			contentEncryptionAlgorithms: ["A256GCM"],
			currentDate: clock.now(),
		});
		return Object.fromEntries(FIELDS.map((name) => [name, String(payload[name])])) as unknown as Flow;
	} catch (error) {
		throw new Problem(400, "sign_in_expired", "This sign-in was begun too long ago or elsewhere. Begin it again.", {
			cause: error,
		});
	}
}
