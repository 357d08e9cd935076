const AWAY =
	/^(Mongo(Network|NetworkTimeout|ServerSelection|ServerClosed|Pool\w+|NotConnected|TopologyClosed|ExpiredSession)Error|MongooseServerSelectionError)$/;

/**
 * Whether an error says that a service's database went away or is electing another primary. Whether a write got there,
 * nobody can say then.
 */
export function isDatabaseAway(error: unknown): boolean {
	const { name } = error as { name?: unknown };
	return typeof name === "string" && AWAY.test(name);
}
