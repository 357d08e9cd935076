import { v7 } from "uuid";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new UUIDv7: unique everywhere, and within one process always greater than the one before. */
export function newId(): string {
	return v7();
}

/** Whether a text has the form of an id that this product hands out. */
export function isId(text: string): boolean {
	return UUID.test(text);
}
