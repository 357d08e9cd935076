import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";

/** The name of the action by which a service publishes again what the event log may have lost. */
export const REPUBLISH = "republish";

/**
 * Publishes a subject's kept events again whose sequence lies between two others, exclusively. Each service has this
 * action, below its own name, for whoever missed one of its events.
 */
export const republishEvents = (service: string) =>
	defineAction({
		name: `${service}.${REPUBLISH}`,
		access: "internal",
		summary: "Publish kept events of a subject again",
		body: strict({
			tenantId: Type.String({ minLength: 1 }),
			subject: Type.String({ minLength: 1 }),
			afterSequence: Type.Integer(),
			beforeSequence: Type.Optional(Type.Integer()),
		}),
		result: Type.Object({ published: Type.Integer() }),
	});
