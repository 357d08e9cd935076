import mongoose from "mongoose";
import { SERVICE_NAMES } from "../../config.ts";
import type { Differences } from "./differences.ts";

interface Published {
	_id: string;
	event: string;
}

async function databases<R>(
	mongoUrl: string,
	work: (db: mongoose.mongo.Db, service: string) => Promise<R>,
): Promise<R[]> {
	const client = await mongoose.mongo.MongoClient.connect(mongoUrl, { serverSelectionTimeoutMS: 10_000 });
	try {
		return await Promise.all(SERVICE_NAMES.map((service) => work(client.db(`conductor_${service}`), service)));
	} finally {
		await client.close();
	}
}

/** Every committed event was published. Looks into the databases themselves. */
export async function outboxes(mongoUrl: string): Promise<Differences> {
	const differences = await databases(mongoUrl, async (db, service) => {
		const left = await db.collection("outbox").countDocuments();
		return left === 0 ? [] : [`${service}: ${left} events were committed and not published`];
	});
	return differences.flat();
}

/** The ids of every event that was committed, by its type, of one tenant: what services keep after publishing. */
export async function committedEvents(mongoUrl: string, tenantId: string): Promise<Map<string, Set<string>>> {
	const byType = new Map<string, Set<string>>();
	await databases(mongoUrl, async (db) => {
		for await (const row of db.collection<Published>("published_events").find({ tenantId })) {
			const { type } = JSON.parse(row.event) as { type: string };
			byType.set(type, (byType.get(type) ?? new Set()).add(row._id));
		}
	});
	return byType;
}
