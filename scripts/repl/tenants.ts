import { getTenant, listTenants } from "../../contracts/tenants.ts";
import { ask, type Command, countOption, textOption } from "./command.ts";
import { table } from "./table.ts";

/** Lists the tenants, or shows one. */
export const tenants: Command = {
	command: "tenants [id]",
	description: "List the tenants, newest first, or show one of them",
	options: [
		{ option: "--status <status>", description: "only those that are active, suspended, offboarding …" },
		{ option: "--slug <slug>", description: "only the one with this slug" },
		{ option: "--limit <number>", description: "at most so many, 20 unless told" },
	],
	async run(desk, { id }, options) {
		if (id !== undefined) {
			desk.print(JSON.stringify(await ask(desk, getTenant, { id }), null, 2));
			return;
		}
		const [status, slug] = [textOption(options, "status"), textOption(options, "slug")];
		const filter = { ...(status ? { status: { eq: status } } : {}), ...(slug ? { slug: { eq: slug } } : {}) };
		const limit = Math.min(100, countOption(options, "limit", 20));
		const { data, page } = await ask(desk, listTenants, { filter, limit });
		desk.print(table(["id", "slug", "name", "status", "plan", "createdAt"], data as never));
		if (page.hasMore) desk.print("There are more: narrow down by --status or --slug, or raise --limit.");
	},
};
