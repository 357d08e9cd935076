import type { Static, TSchema } from "typebox";

/** What a service promises for one kind of event. */
export interface EventContract<D = unknown> {
	/** such as `ticket.created` */
	type: string;
	/** major version of the data's shape; additive changes keep it */
	version: number;
	/** the aggregate it is about: `ticket` gives the subject `ticket/<id>` */
	aggregate: string;
	summary: string;
	data: TSchema;
	readonly types?: D;
}

/** Declares an event. */
export function defineEvent<Data extends TSchema>(definition: {
	type: string;
	version?: number;
	aggregate: string;
	summary: string;
	data: Data;
}): EventContract<Static<Data>> {
	return { version: 1, ...definition };
}

/** What an event of a contract says. */
export type DataOf<E> = E extends EventContract<infer D> ? D : never;
