import type { DemoArticle } from "./text.ts";

export const care: readonly DemoArticle[] = [
	{
		tags: ["care", "battery"],
		en: {
			title: "Change the batteries",
			summary: "Three AA cells last a season; which ones to take.",
			body: `
Kelpie warns you at 20 per cent, which leaves about two weeks. Open the lid with a coin, change **all three** cells and
press the button: one green blink, and the plan goes on.

Alkaline cells or lithium, not rechargeable ones: their lower voltage makes the warning come on the first day.
`,
		},
		de: {
			title: "Batterien wechseln",
			summary: "Drei Mignonzellen halten eine Saison; welche Sie nehmen sollten.",
			body: `
Kelpie warnt bei 20 Prozent, dann bleiben etwa zwei Wochen. Öffnen Sie den Deckel mit einer Münze, wechseln Sie **alle
drei** Zellen und drücken Sie die Taste: Einmal grün, und der Plan läuft weiter.

Nehmen Sie Alkali oder Lithium, keine Akkus: Ihre niedrigere Spannung löst die Warnung schon am ersten Tag aus.
`,
		},
	},
	{
		tags: ["care", "leak"],
		en: {
			title: "It drips at the tap",
			summary: "Nine times out of ten it is the seal.",
			body: `
1. Close the tap, take the adapter off and look at the seal. Is it in, flat side down, without a crack?
2. Wipe grit off the thread. A grain of sand is enough.
3. Screw it on by hand again, straight.

Does it still drip? Put in one of the two spare seals. If water comes out of the housing itself, close the tap and
[write to us](mailto:help@kelpie.example): that is a case for the warranty.
`,
		},
		de: {
			title: "Es tropft am Hahn",
			summary: "In neun von zehn Fällen ist es die Dichtung.",
			body: `
1. Hahn zudrehen, Anschluss abnehmen, Dichtung ansehen. Liegt sie, flache Seite nach unten, ohne Riss?
2. Sand vom Gewinde wischen. Ein Korn genügt.
3. Von Hand wieder gerade anschrauben.

Tropft es noch? Nehmen Sie eine der zwei Ersatzdichtungen. Kommt Wasser aus dem Gehäuse selbst, drehen Sie den Hahn zu und
[schreiben Sie uns](mailto:help@kelpie.example): Das ist ein Fall für die Garantie.
`,
		},
	},
	{
		tags: ["care", "filter"],
		en: {
			title: "Clean filter and drippers",
			summary: "Lime and algae, and what dissolves them.",
			body: `
The filter sits behind the adapter. Pull it out with the little loop and rinse it against the flow.

Drippers that give less than their neighbours go into **citric acid**, a spoonful to a glass, for two hours. Vinegar
works too but eats the rubber. With hard water do this twice a season.
`,
		},
		de: {
			title: "Filter und Tropfer reinigen",
			summary: "Kalk und Algen, und was sie löst.",
			body: `
Der Filter sitzt hinter dem Anschluss. Ziehen Sie ihn an der kleinen Schlaufe heraus und spülen Sie ihn gegen die
Fließrichtung.

Tropfer, die weniger geben als ihre Nachbarn, legen Sie zwei Stunden in **Zitronensäure**, einen Löffel auf ein Glas.
Essig geht auch, greift aber das Gummi an. Bei hartem Wasser zweimal in der Saison.
`,
		},
	},
	{
		tags: ["care", "probe"],
		en: {
			title: "A probe shows nonsense",
			summary: "Always wet, always dry, or jumping.",
			body: `
- **Always dry**: it stands in air. Press the soil down and water once by hand.
- **Always wet**: a dripper is right above it, or the pot has no drain.
- **Jumping**: the plug is damp. Dry it and turn the opening down.

Clay ages. After three years the pores are full of lime, and no calibration helps any more: a pair of new ones costs less
than a tomato plant.
`,
		},
		de: {
			title: "Ein Fühler zeigt Unsinn",
			summary: "Immer nass, immer trocken oder springend.",
			body: `
- **Immer trocken**: Er steht in Luft. Erde andrücken und einmal von Hand gießen.
- **Immer nass**: Ein Tropfer sitzt direkt darüber, oder der Topf hat keinen Abfluss.
- **Springend**: Der Stecker ist feucht. Trocknen und mit der Öffnung nach unten drehen.

Ton altert. Nach drei Jahren sind die Poren voll Kalk, dann hilft kein Abgleich mehr: Ein Paar neue kostet weniger als
eine Tomatenpflanze.
`,
		},
	},
	{
		tags: ["care", "valve", "internal"],
		visibility: "agents",
		en: {
			title: "Desk only: when to exchange a valve",
			summary: "What to ask before a controller is sent out again.",
			body: `
Exchange without a return when the light is **steady red after new cells** and the serial number is from KP24 or later.
Ask for a photo of the open battery lid first: white crystals mean water came from above, which is no case of warranty.

Older than KP24: offer the repair set with 30 per cent off.
`,
		},
		de: {
			title: "Nur für das Team: wann ein Ventil getauscht wird",
			summary: "Was zu fragen ist, bevor eine Steuerung noch einmal hinausgeht.",
			body: `
Tauschen ohne Rücksendung, wenn die Leuchte **nach frischen Zellen dauernd rot** bleibt und die Seriennummer mit KP24
oder später beginnt. Vorher ein Foto des offenen Batteriefachs erbitten: Weiße Kristalle heißen Wasser von oben, also
keine Garantie.

Älter als KP24: den Reparatursatz mit 30 Prozent Nachlass anbieten.
`,
		},
	},
];
