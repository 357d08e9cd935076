import type { Atom } from "./bounds.ts";
import type { Filter, Test } from "./filter.ts";
import { compareValues, equalValues } from "./key-bytes.ts";
import { kind, kindOf } from "./values.ts";

/** Whether documents that meet all atoms are sure to meet the filter of a partial index. Errs on the side of "no". */
export function implies(atoms: readonly Atom[], filter: Filter): boolean {
	switch (filter.type) {
		case "and":
			return filter.parts.every((part) => implies(atoms, part));
		case "or":
			return filter.parts.some((part) => implies(atoms, part));
		case "not":
			return false;
		case "path":
			return atoms.some((atom) => atom.path === filter.path && testImplies(atom.test, filter.test));
	}
}

/** Whether documents that meet the atoms are sure to have the field. */
export function impliesExistence(atoms: readonly Atom[], path: string): boolean {
	return atoms.some((atom) => atom.path === path && testImplies(atom.test, { op: "exists" }));
}

function testImplies(known: Test, wanted: Test): boolean {
	if (known.op === "in") {
		if (known.patterns.length > 0) return false;
		return known.values.every((value) => testImplies({ op: "eq", value }, wanted));
	}
	switch (wanted.op) {
		case "exists":
			return impliesValue(known);
		case "eq":
			return known.op === "eq" && equalValues(known.value, wanted.value);
		case "in":
			return known.op === "eq" && wanted.values.some((value) => equalValues(value, known.value));
		case "type":
			return typeOf(known) !== undefined && wanted.kinds.has(typeOf(known)!);
		case "gt":
		case "gte":
		case "lt":
		case "lte":
			return impliesOrder(known, wanted);
		default:
			return false;
	}
}

/** A test that a missing field (which counts as null) cannot pass. */
function impliesValue(known: Test): boolean {
	switch (known.op) {
		case "eq":
		case "gt":
		case "gte":
		case "lt":
		case "lte":
			return kindOf(known.value) !== kind.null;
		case "exists":
		case "regex":
		case "type":
		case "size":
		case "mod":
		case "elemMatchFilter":
		case "elemMatchValue":
			return true;
		default:
			return false;
	}
}

function typeOf(known: Test): number | undefined {
	if (known.op === "regex") return kind.string;
	if (known.op === "type") return known.kinds.size === 1 ? [...known.kinds][0] : undefined;
	if (!("value" in known)) return undefined;
	const type = kindOf(known.value);
	return type === kind.null ? undefined : type;
}

function impliesOrder(known: Test, wanted: Extract<Test, { value: unknown }>): boolean {
	if (!("value" in known) || kindOf(known.value) !== kindOf(wanted.value)) return false;
	const order = compareValues(known.value, wanted.value);
	const upward = wanted.op === "gt" || wanted.op === "gte";
	const sameWay = known.op === "eq" || known.op.startsWith(upward ? "gt" : "lt");
	if (!sameWay) return false;
	if (order === 0)
		return wanted.op === known.op || wanted.op.endsWith("e") || (!known.op.endsWith("e") && known.op !== "eq");
	return order > 0 === upward;
}
