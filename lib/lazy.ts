/**
 * Makes a value when it is first asked for, and the same one ever after. For libraries that take their time to load and
 * that a start can do without.
 */
export function lazy<T>(make: () => T): () => T {
	let made: { value: T } | undefined;
	return () => {
		made ??= { value: make() };
		return made.value;
	};
}
