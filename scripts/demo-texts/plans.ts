import type { DemoArticle } from "./text.ts";

export const plans: readonly DemoArticle[] = [
	{
		tags: ["plan", "schedule"],
		en: {
			title: "Make your first watering plan",
			summary: "Days, time and litres; the rest is up to the probes.",
			body: `
In **Plan → New** choose a zone, the days and the hour, and how many litres each plant gets. For a start take half a
litre for a pot of 20 centimetres, one litre from 30 on.

Leave *Skip when wet* on. The plan then says what is given **at most**, and the probe decides whether it is needed.
`,
		},
		de: {
			title: "Den ersten Gießplan anlegen",
			summary: "Tage, Uhrzeit und Liter; den Rest entscheiden die Fühler.",
			body: `
Wählen Sie unter **Plan → Neu** eine Zone, die Tage, die Stunde und wie viele Liter jede Pflanze bekommt. Für den Anfang:
ein halber Liter für einen Topf von 20 Zentimetern, ein Liter ab 30.

Lassen Sie *Auslassen, wenn nass* eingeschaltet. Der Plan sagt dann, was es **höchstens** gibt, und der Fühler, ob es
nötig ist.
`,
		},
	},
	{
		tags: ["plan", "weather"],
		en: {
			title: "Let the weather forecast help",
			summary: "Rain ahead means a round less, heat a round more.",
			body: `
Switch **Forecast** on and tell the app where the plants are; the postcode is enough. With more than four millimetres of
rain ahead, the next round waits a day. Above 30 degrees, thirsty zones get a second, smaller round in the evening.

A roofed balcony never sees the rain: set its zones to *Under a roof* and only heat counts.
`,
		},
		de: {
			title: "Die Wettervorhersage mithelfen lassen",
			summary: "Regen in Sicht heißt eine Runde weniger, Hitze eine mehr.",
			body: `
Schalten Sie die **Vorhersage** ein und sagen Sie der App, wo die Pflanzen stehen; die Postleitzahl genügt. Kommen mehr
als vier Millimeter Regen, wartet die nächste Runde einen Tag. Über 30 Grad bekommen durstige Zonen abends eine zweite,
kleinere.

Ein Balkon mit Dach sieht nie Regen: Stellen Sie seine Zonen auf *Unter Dach*, dann zählt nur die Hitze.
`,
		},
	},
	{
		tags: ["plan", "seedlings"],
		en: {
			title: "A plan for seedlings",
			summary: "Little and often, with a mist dripper.",
			body: `
Seedlings drown in what a grown plant calls a sip. Use the mist dripper and the template **Seedlings**: one minute, four
times a day, never at night.

After the second pair of leaves go to twice a day, after the fourth to the ordinary plan. A probe is of no use in a
seed tray; the soil is too thin.
`,
		},
		de: {
			title: "Ein Plan für Keimlinge",
			summary: "Wenig und oft, mit dem Nebeltropfer.",
			body: `
Keimlinge ertrinken in dem, was eine große Pflanze einen Schluck nennt. Nehmen Sie den Nebeltropfer und die Vorlage
**Keimlinge**: eine Minute, viermal am Tag, nie nachts.

Nach dem zweiten Blattpaar genügt zweimal am Tag, nach dem vierten der gewöhnliche Plan. Ein Fühler nützt in der
Anzuchtschale nichts, die Erde ist zu flach.
`,
		},
	},
	{
		tags: ["plan", "limit", "leak"],
		en: {
			title: "Set a daily limit",
			summary: "The most that may flow in a day, whatever the plan says.",
			body: `
The limit is your insurance: when it is reached the valve stays shut until midnight, and you get a message. Plans, rounds
by hand and neighbours all count.

A good value is twice the litres of your hottest day, which **Statistics** knows. Without any limit Kelpie still closes
after two hours without a pause.
`,
		},
		de: {
			title: "Eine Tagesgrenze setzen",
			summary: "So viel darf am Tag höchstens fließen, was der Plan auch sagt.",
			body: `
Die Grenze ist Ihre Versicherung: Ist sie erreicht, bleibt das Ventil bis Mitternacht zu, und Sie bekommen eine
Nachricht. Pläne, Runden von Hand und Nachbarn zählen alle mit.

Gut ist das Doppelte der Liter Ihres heißesten Tages, den die **Statistik** kennt. Auch ohne Grenze schließt Kelpie nach
zwei Stunden ohne Pause.
`,
		},
	},
	{
		tags: ["plan", "schedule", "time"],
		en: {
			title: "The plan runs at the wrong hour",
			summary: "Almost always the time zone of the device.",
			body: `
Kelpie takes its time zone from the phone it was paired with. If you were abroad, or it was somebody else's phone, rounds
come hours early or late.

Set it right under **Device → Time**. Summer time needs nothing: the hours of a plan follow the clock on your wall, and
a round in the hour that is skipped in spring is given right after it.
`,
		},
		de: {
			title: "Der Plan läuft zur falschen Stunde",
			summary: "Fast immer liegt es an der Zeitzone des Geräts.",
			body: `
Kelpie übernimmt die Zeitzone des Telefons, mit dem gekoppelt wurde. Waren Sie gerade im Ausland oder war es ein fremdes
Telefon, kommen die Runden Stunden zu früh oder zu spät.

Richtig stellen Sie sie unter **Gerät → Zeit**. Für die Sommerzeit ist nichts zu tun: Die Stunden des Plans folgen der
Uhr an Ihrer Wand, und eine Runde in der Stunde, die im Frühjahr ausfällt, kommt gleich danach.
`,
		},
	},
];
