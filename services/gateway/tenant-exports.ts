import { gunzipSync } from "node:zlib";
import { EXPORTING, type Exporting, readExportOf } from "../../contracts/tenant-partition.ts";
import { notFound } from "../../lib/problem.ts";
import type { RawExchange, RawRoute } from "./raw-route.ts";
import { sendInParts } from "./send-in-parts.ts";

const isExporting = (name: string | undefined): name is Exporting =>
	(EXPORTING as readonly string[]).includes(name ?? "");

/** Reads what a service exported, part by part. */
async function* lines({ call }: RawExchange, service: Exporting, tenantId: string): AsyncGenerator<Buffer, void> {
	for (let part = 0, isLast = false; !isLast; part++) {
		const { data, last } = await call(readExportOf(service), { tenantId, part });
		yield gunzipSync(Buffer.from(data, "base64"));
		isLast = last;
	}
}

/** Where the owner of a tenant that is leaving fetches what it held, one service at a time. */
export const exportRoute: RawRoute = {
	method: "GET",
	path: "/api/tenants/:id/exports/:service",
	summary: "Everything that a service holds of a tenant that is leaving",
	description:
		"One entity a line; the last line has their count and the SHA-256 of all lines before it. 404 where there is no such " +
		"export, 409 `conflict` while it is being written: see `GET /api/tenants/:id/offboarding`.",
	access: "tenant.delete",
	produces: "application/x-ndjson",
	async handler(exchange) {
		const { id, service } = exchange.params;
		const tenantId = exchange.caller?.tenant?.id;
		if (tenantId === undefined || tenantId !== id || !isExporting(service)) throw notFound("export");
		const headers = {
			"Content-Type": "application/x-ndjson; charset=utf-8",
			"Content-Disposition": `attachment; filename="${service}.ndjson"`,
			"Cache-Control": "no-store",
		};
		await sendInParts(exchange, 200, headers, lines(exchange, service, tenantId));
	},
};
