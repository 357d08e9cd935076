import { readFileSync } from "node:fs";

/*
 * Loaded before a process of the product (`node --import`): its clock is ahead of the machine's by as many ms as the file
 * named by `SHIFTED_CLOCK` says. All processes that read the same file are moved together.
 */

/** How old what was read may be, ms. */
const FRESH_MS = 5;

const file = process.env.SHIFTED_CLOCK ?? "";
const MachineDate = Date;
let aheadMs = 0;
let readAt = Number.NEGATIVE_INFINITY;

function now(): number {
	if (performance.now() - readAt > FRESH_MS) {
		readAt = performance.now();
		aheadMs = Number(readFileSync(file, "utf8"));
	}
	return MachineDate.now() + aheadMs;
}

globalThis.Date = new Proxy(MachineDate, {
	construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
	get: (target, key, receiver) => (key === "now" ? now : Reflect.get(target, key, receiver)),
});
