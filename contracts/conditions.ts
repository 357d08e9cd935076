import { type Static, Type } from "typebox";
import { OPERATORS } from "../lib/conditions.ts";
import { strict } from "./contract.ts";
import { Words } from "./fields.ts";

export const Condition = strict({
	field: Type.String({ minLength: 1, maxLength: 128 }),
	operator: Words(OPERATORS),
	value: Type.Optional(Type.Unknown()),
});
export type Condition = Static<typeof Condition>;

const MAX_CONDITIONS = 50;

/** All of `all` hold and, where there are any, at least one of `any`. */
export const Conditions = strict({
	all: Type.Optional(Type.Array(Condition, { maxItems: MAX_CONDITIONS })),
	any: Type.Optional(Type.Array(Condition, { maxItems: MAX_CONDITIONS })),
});

/** Conditions as they are kept and shown, with both lists. */
export const ConditionsView = Type.Object({ all: Type.Array(Condition), any: Type.Array(Condition) });
export type Conditions = Static<typeof ConditionsView>;
