import { Type } from "typebox";
import { defineAction } from "../../contracts/contract.ts";

const result = Type.Object({ pid: Type.Integer() });
const plain = { access: "public", summary: "", result } as const;

/** What a process of `copy-process.ts` does when it is called. */
export const COPY = {
	read: defineAction({ ...plain, name: "copy.read", idempotent: true }),
	command: defineAction({ ...plain, name: "copy.command" }),
	/** takes 1.5 s */
	slow: defineAction({ ...plain, name: "copy.slow", idempotent: true }),
	hang: defineAction({ ...plain, name: "copy.hang" }),
	/** kills the process where it is the named one */
	die: defineAction({ ...plain, name: "copy.die", body: Type.Object({ pid: Type.Integer() }) }),
};
