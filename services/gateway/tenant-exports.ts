import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { EXPORTING, type Exporting, readExportOf } from "../../contracts/tenant-partition.ts";
import { notFound } from "../../lib/problem.ts";
import type { RawExchange, RawRoute } from "./raw-route.ts";

const isExporting = (name: string | undefined): name is Exporting =>
	(EXPORTING as readonly string[]).includes(name ?? "");

/** Writes one part of a body, and waits until the client has taken enough to be given more. False where it has left. */
export async function hand(res: ServerResponse, bytes: Buffer): Promise<boolean> {
	if (res.destroyed) return false;
	if (!res.write(bytes)) await Promise.race([once(res, "drain"), once(res, "close")]);
	return !res.destroyed;
}

/** A client that gets no end of its body knows that something is missing. */
async function stream({ res, req, call }: RawExchange, service: Exporting, tenantId: string): Promise<void> {
	const part = (number: number) => call(readExportOf(service), { tenantId, part: number });
	let { data, last } = await part(0);
	res.writeHead(200, {
		"Content-Type": "application/x-ndjson; charset=utf-8",
		"Content-Disposition": `attachment; filename="${service}.ndjson"`,
		"Cache-Control": "no-store",
	});
	if (req.method === "HEAD") {
		res.end();
		return;
	}
	try {
		for (let number = 1; await hand(res, gunzipSync(Buffer.from(data, "base64"))); number++) {
			if (last) {
				res.end();
				return;
			}
			({ data, last } = await part(number));
		}
	} catch (error) {
		res.destroy(error as Error);
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
		await stream(exchange, service, tenantId);
	},
};
