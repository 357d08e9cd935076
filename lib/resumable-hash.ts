import { createRequire } from "node:module";
import type { IHasher } from "hash-wasm";
import { lazy } from "./lazy.ts";

const load = lazy(() => createRequire(import.meta.url)("hash-wasm") as typeof import("hash-wasm"));

/** A SHA-256 (FIPS 180-4) that another process can go on with: its state is a text, empty at the beginning. */
export class ResumableHash {
	private readonly hasher: IHasher;

	private constructor(hasher: IHasher) {
		this.hasher = hasher;
	}

	/** Goes on from a state that `state` gave, or begins for an empty text. */
	static async from(state: string): Promise<ResumableHash> {
		const hasher = await load().createSHA256();
		hasher.init();
		if (state !== "") hasher.load(Buffer.from(state, "base64"));
		return new ResumableHash(hasher);
	}

	update(bytes: Uint8Array): void {
		this.hasher.update(bytes);
	}

	/** Everything that is needed to go on, as base64. */
	state(): string {
		return Buffer.from(this.hasher.save()).toString("base64");
	}

	/** The hash of all bytes so far, hex. Ends this hash, but not those that go on from an earlier state. */
	digest(): string {
		return this.hasher.digest("hex");
	}
}
