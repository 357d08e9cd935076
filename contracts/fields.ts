import { type TSchema, Type } from "typebox";

/** The field types that several contracts share. */
export const Id = Type.String({ minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9_-]+$" });
export const Instant = Type.String({ format: "date-time" });
export const Email = Type.String({ minLength: 3, maxLength: 320, pattern: "^[^\\s@]+@[^\\s@]+$" });
export const Tag = Type.String({ minLength: 1, maxLength: 64 });
export const Tags = Type.Array(Tag, { maxItems: 50 });
/** BCP 47, such as `de-AT` */
export const Locale = Type.String({ pattern: "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", maxLength: 35 });
/** IANA, such as `Europe/Berlin`; whether the zone exists is checked by the service */
export const TimeZone = Type.String({ minLength: 1, maxLength: 64 });
export const CustomFields = Type.Record(Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }), Type.Unknown());

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
/** A closed set of words. Written as `enum`, as JSON Schema and OpenAPI readers expect. */
export const Words = <const T extends readonly string[]>(words: T) => Type.Enum<[...T]>([...words]);
/** Somebody or something by id and name. */
export const Named = Type.Object({ id: Id, name: Type.String() });
