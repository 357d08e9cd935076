import type { Skill } from "../../../models/user.ts";

/** The tag that asks for a skill, such as `skill:german` or `skill:german:3`. */
const TAG = "skill:";
/** The custom field that asks for skills: a list, or a text with commas, of the same without `skill:`. */
const FIELD = "required_skills";
const MAX_LEVEL = 5;

/** Skills are the same whatever their case, and whether spaces or hyphens stand in them. */
export const skillKey = (name: string) => name.trim().toLowerCase().replace(/\s+/g, "-");

function skillOf(text: string): Skill | null {
	const match = /^(.*?)(?::([1-5]))?$/.exec(text.trim());
	const name = skillKey(match?.[1] ?? "");
	return name === "" ? null : { name, level: Number(match?.[2] ?? 1) };
}

function namedInField(value: unknown): string[] {
	if (typeof value === "string") return value.split(",");
	return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/**
 * The skills that a ticket asks for, by its tags and its custom field; of a skill named twice the higher level. A level
 * that is not named is the first.
 */
export function requiredSkills(ticket: { tags: readonly string[]; customFields: Record<string, unknown> }): Skill[] {
	const tagged = ticket.tags.filter((tag) => tag.startsWith(TAG)).map((tag) => tag.slice(TAG.length));
	const levels = new Map<string, number>();
	for (const skill of [...tagged, ...namedInField(ticket.customFields[FIELD])].map(skillOf))
		if (skill) levels.set(skill.name, Math.min(MAX_LEVEL, Math.max(levels.get(skill.name) ?? 1, skill.level)));
	return [...levels].map(([name, level]) => ({ name, level }));
}

/** Whether somebody has all of these skills at these levels at least. */
export function hasSkills(skills: readonly Skill[], required: readonly Skill[]): boolean {
	return required.every(({ name, level }) => skills.some((own) => skillKey(own.name) === name && own.level >= level));
}
