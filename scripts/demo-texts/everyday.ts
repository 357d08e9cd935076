import type { DemoArticle } from "./text.ts";

export const everyday: readonly DemoArticle[] = [
	{
		tags: ["light", "basics"],
		en: {
			title: "What the light tells you",
			summary: "All colours and rhythms on one page.",
			body: `
| Light | Meaning |
| --- | --- |
| off | asleep, all is well |
| green, one blink | button heard, Wi-Fi is fine |
| blue, blinking | waits to be paired |
| amber, steady | the source is empty |
| red, one blink | no Wi-Fi, the plan goes on |
| red, steady | the valve does not close: shut the tap |

Cover the sensor next to the light with a finger and it repeats the last message.
`,
		},
		de: {
			title: "Was die Leuchte sagt",
			summary: "Alle Farben und Takte auf einer Seite.",
			body: `
| Leuchte | Bedeutung |
| --- | --- |
| aus | schläft, alles in Ordnung |
| grün, einmal | Taste erkannt, WLAN in Ordnung |
| blau, blinkend | wartet auf das Koppeln |
| orange, dauernd | die Quelle ist leer |
| rot, einmal | kein WLAN, der Plan läuft weiter |
| rot, dauernd | das Ventil schließt nicht: Hahn zudrehen |

Halten Sie den Finger auf den Sensor neben der Leuchte, dann wiederholt sie die letzte Meldung.
`,
		},
	},
	{
		tags: ["holiday", "sharing"],
		en: {
			title: "Get ready for a holiday",
			summary: "A week before you leave, not an hour.",
			body: `
Start the plan **a week before** you go: whatever leaks or wilts does so while you are there.

- Clean the filter and put in fresh cells.
- Move pots that no dripper reaches into the shade.
- Invite a neighbour with the right to water, ending on the day you are back.
- Set the daily limit to twice of what a hot day needs. If a hose bursts, that is all that runs out.
`,
		},
		de: {
			title: "Den Urlaub vorbereiten",
			summary: "Eine Woche vor der Abreise, nicht eine Stunde.",
			body: `
Starten Sie den Plan **eine Woche**, bevor Sie fahren: Was tropft oder welkt, tut es dann, solange Sie da sind.

- Filter reinigen, frische Zellen einlegen.
- Töpfe ohne Tropfer in den Schatten rücken.
- Eine Nachbarin zum Gießen einladen, bis zum Tag der Rückkehr.
- Die Tagesgrenze auf das Doppelte eines heißen Tages stellen. Platzt ein Schlauch, läuft nicht mehr aus.
`,
		},
	},
	{
		tags: ["winter", "storage"],
		en: {
			title: "Bring Kelpie through the winter",
			summary: "Empty it before the first frost and keep it dry.",
			body: `
Water that freezes in the valve breaks it, and that is the one thing no warranty covers.

1. Close the tap and start a round of one minute: it empties the hoses.
2. Take the controller off, turn it over and let it drip for an hour.
3. Remove the cells.
4. Rinse the probes, dry them for a day and keep everything above five degrees.

In spring your plans come back from the account as soon as the device is online.
`,
		},
		de: {
			title: "Kelpie über den Winter bringen",
			summary: "Vor dem ersten Frost leeren und trocken lagern.",
			body: `
Wasser, das im Ventil gefriert, sprengt es, und das ist das Einzige, was keine Garantie abdeckt.

1. Hahn schließen und eine Runde von einer Minute starten: Das leert die Schläuche.
2. Steuerung abnehmen, umdrehen und eine Stunde abtropfen lassen.
3. Zellen herausnehmen.
4. Fühler abspülen, einen Tag trocknen und alles bei über fünf Grad aufbewahren.

Im Frühjahr kommen Ihre Pläne aus dem Konto zurück, sobald das Gerät online ist.
`,
		},
	},
	{
		tags: ["water", "saving"],
		en: {
			title: "Save water without thirsty plants",
			summary: "Five habits that cut the use by about a third.",
			body: `
- Water before sunrise: at noon a third is gone before the root has it.
- Cover the soil with bark or gravel.
- Give more, less often. Roots that have to look for water grow deeper.
- Trust the probes: with them, most balconies need two rounds a week fewer.
- Look at **Statistics** once a month. A zone that suddenly drinks more usually has a loose dripper.
`,
		},
		de: {
			title: "Wasser sparen, ohne dass Pflanzen dursten",
			summary: "Fünf Gewohnheiten, die den Verbrauch um etwa ein Drittel senken.",
			body: `
- Vor Sonnenaufgang gießen: Mittags verdunstet ein Drittel, bevor die Wurzel es hat.
- Die Erde mit Rinde oder Kies abdecken.
- Seltener, dafür mehr geben. Wurzeln, die Wasser suchen müssen, wachsen tiefer.
- Den Fühlern vertrauen: Mit ihnen braucht der meiste Balkon zwei Runden weniger in der Woche.
- Einmal im Monat in die **Statistik** sehen. Trinkt eine Zone plötzlich mehr, ist meist ein Tropfer lose.
`,
		},
	},
	{
		tags: ["button", "basics"],
		en: {
			title: "Water by hand at the push of a button",
			summary: "One round without the app, and how to stop it.",
			body: `
A short press starts a round of two minutes in zone one; each further press moves on to the next zone. Hold the button
for two seconds and everything stops at once.

A round by hand counts towards the daily limit, and the plan takes it off the day's portion. If you would rather have
both, switch **Count rounds by hand** off.
`,
		},
		de: {
			title: "Von Hand gießen mit der Taste",
			summary: "Eine Runde ohne App, und wie man sie anhält.",
			body: `
Ein kurzer Druck startet eine Runde von zwei Minuten in Zone eins; jeder weitere Druck springt zur nächsten Zone. Halten
Sie die Taste zwei Sekunden, hört alles sofort auf.

Eine Runde von Hand zählt zur Tagesgrenze, und der Plan zieht sie von der Tagesmenge ab. Wer beides will, schaltet
**Runden von Hand anrechnen** aus.
`,
		},
	},
];
