import { type TNull, type TOptional, type TSchema, type TUnion, Type } from "typebox";
import { Nullable } from "./fields.ts";

/** A name with something to read in it; what stands around that is trimmed. */
export const Name = Type.String({ minLength: 1, maxLength: 255, pattern: "\\S" });
/** An e-mail address in any spelling; the service brings it into its one form. */
export const Address = Type.String({ minLength: 3, maxLength: 320 });

/** Each member may be left out (it stays) or null (it goes back to its default). */
export function patchOf<T extends Record<string, TSchema>>(properties: T) {
	return Object.fromEntries(
		Object.entries(properties).map(([name, schema]) => [name, Type.Optional(Nullable(schema))]),
	) as { [K in keyof T]: TOptional<TUnion<[T[K], TNull]>> };
}
