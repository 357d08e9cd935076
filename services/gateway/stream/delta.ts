type Counters = Readonly<Record<string, unknown>>;

const isGroup = (value: unknown): value is Counters =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** By how much counters differ, those alone that do. What is no number on both sides is in no delta. */
export function deltaOf(before: Counters, after: Counters): Record<string, unknown> {
	const delta: Record<string, unknown> = {};
	for (const [name, now] of Object.entries(after)) {
		const was = before[name];
		if (typeof now === "number" && typeof was === "number" && now !== was) delta[name] = now - was;
		if (!isGroup(now) || !isGroup(was)) continue;
		const inner = deltaOf(was, now);
		if (Object.keys(inner).length > 0) delta[name] = inner;
	}
	return delta;
}
