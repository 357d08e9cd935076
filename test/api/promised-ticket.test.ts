import { type Desk, PLATFORM_TOKEN, startDesk } from "../support/desk.ts";
import { manualClock } from "../support/manual-clock.ts";
import { livePromisedTicket } from "../support/promised-ticket.ts";

const clock = manualClock("2026-11-27T15:00:00.000Z");
let desk: Desk;

beforeAll(async () => {
	desk = await startDesk({ clock });
}, 60_000);
afterAll(() => desk?.stop());

test("a ticket is promised, late, escalated, answered, solved, praised, closed and continued", async () => {
	await livePromisedTicket(
		{
			origins: [desk.origin],
			platformToken: PLATFORM_TOKEN,
			at: async (instant) => {
				clock.advance(Date.parse(instant) - clock.now().getTime());
				await desk.settle();
			},
			meanwhile: async () => undefined,
		},
		"gold",
	);
}, 60_000);
