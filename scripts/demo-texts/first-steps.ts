import type { DemoArticle } from "./text.ts";

/** What somebody needs on the first day with Kelpie, the watering controller that the demo shop sells. */
export const firstSteps: readonly DemoArticle[] = [
	{
		tags: ["basics"],
		en: {
			title: "What Kelpie does, and what it does not",
			summary: "A short tour of the watering controller before you unpack it.",
			body: `
Kelpie opens a tap, counts the litres that pass, and closes it again. You tell it how thirsty your plants are; it
decides when the day's portion is given.

## What it does

- waters up to **four** zones, one after the other
- measures soil moisture with the clay probes in the box
- skips a round when the probe says the soil is still wet

## What it does not do

It cannot raise the pressure of your tap, and it does not add fertiliser. For hanging baskets above two metres you need
the booster pump, which is sold separately.
`,
		},
		de: {
			title: "Was Kelpie kann und was nicht",
			summary: "Ein kurzer Rundgang durch die Bewässerungssteuerung, noch vor dem Auspacken.",
			body: `
Kelpie öffnet einen Wasserhahn, zählt die Liter und schließt ihn wieder. Sie sagen, wie durstig Ihre Pflanzen sind; das
Gerät entscheidet, wann es die Tagesmenge gibt.

## Das kann Kelpie

- bis zu **vier** Zonen nacheinander gießen
- die Bodenfeuchte mit den beiliegenden Tonfühlern messen
- eine Runde auslassen, wenn die Erde noch feucht ist

## Das kann Kelpie nicht

Den Druck Ihres Hahns erhöhen oder düngen. Für Ampeln über zwei Meter Höhe brauchen Sie die Zusatzpumpe, die es
einzeln gibt.
`,
		},
	},
	{
		tags: ["basics", "unboxing"],
		en: {
			title: "What is in the box",
			summary: "Check the parts before you begin.",
			body: `
| Part | Pieces |
| --- | --- |
| Controller with bracket | 1 |
| Hose adapter, 3/4 inch | 1 |
| Clay probe with two metres of cable | 2 |
| Rubber seals | 4 |
| AA cells | 3 |

Two of the seals are spares: keep them, they are the part that wears out first. If anything is missing, write to us with
your order number and a photo of the open box. We send the part the same working day.
`,
		},
		de: {
			title: "Das liegt im Karton",
			summary: "Prüfen Sie die Teile, bevor Sie anfangen.",
			body: `
| Teil | Stück |
| --- | --- |
| Steuerung mit Halterung | 1 |
| Schlauchanschluss, 3/4 Zoll | 1 |
| Tonfühler mit zwei Metern Kabel | 2 |
| Gummidichtungen | 4 |
| Mignonzellen (AA) | 3 |

Zwei der Dichtungen sind Ersatz: Heben Sie sie auf, sie verschleißen zuerst. Fehlt etwas, schreiben Sie uns mit der
Bestellnummer und einem Foto des offenen Kartons. Das Teil geht am selben Werktag auf die Reise.
`,
		},
	},
	{
		tags: ["basics", "safety"],
		en: {
			title: "Before the first drop: safety",
			summary: "Three things that keep floor and neighbours dry.",
			body: `
1. **Close the main tap** before you screw anything on, and open it slowly afterwards.
2. Put a bucket under the controller for the first hour. A seal that sits askew shows itself within minutes.
3. Keep the battery lid facing down. The housing stands rain, but not a jet of water.

Never run Kelpie on a hot-water line: above 40 degrees the valve may stay open.
`,
		},
		de: {
			title: "Vor dem ersten Tropfen: Sicherheit",
			summary: "Drei Dinge, die Boden und Nachbarn trocken halten.",
			body: `
1. **Drehen Sie den Haupthahn zu**, bevor Sie etwas anschrauben, und öffnen Sie ihn danach langsam.
2. Stellen Sie in der ersten Stunde einen Eimer unter. Eine schiefe Dichtung zeigt sich nach wenigen Minuten.
3. Der Batteriedeckel gehört nach unten. Das Gehäuse verträgt Regen, aber keinen Wasserstrahl.

Schließen Sie Kelpie nie an Warmwasser an: Über 40 Grad kann das Ventil offen bleiben.
`,
		},
	},
	{
		tags: ["basics", "warranty"],
		en: {
			title: "Register your controller",
			summary: "A registered Kelpie has a third year of warranty.",
			body: `
Open the app, choose **Device → About → Register** and confirm the serial number that it shows. That is all: no
receipt to upload, we know from the serial number when it was sold.

Registration adds one year to the two that the law gives you. It belongs to the device, so whoever buys it from you
later keeps it.
`,
		},
		de: {
			title: "Steuerung registrieren",
			summary: "Eine registrierte Kelpie hat ein drittes Jahr Garantie.",
			body: `
Öffnen Sie in der App **Gerät → Info → Registrieren** und bestätigen Sie die angezeigte Seriennummer. Mehr ist nicht
nötig: Einen Beleg brauchen wir nicht, denn die Seriennummer sagt uns, wann das Gerät verkauft wurde.

Die Registrierung verlängert die gesetzlichen zwei Jahre um ein weiteres. Sie gehört zum Gerät; wer es Ihnen später
abkauft, behält sie.
`,
		},
	},
	{
		tags: ["basics", "support"],
		en: {
			title: "How to reach us, and what helps us help you",
			summary: "The fastest way to an answer, and the four things to mention.",
			body: `
Most questions are answered within three hours on working days. Please mention:

- the **serial number** (on the back, begins with KP)
- what the light does: colour, steady or blinking
- whether water runs when you press the button
- since when it happens, and what changed then

A photo of the whole arrangement says more than a close-up of the light.
`,
		},
		de: {
			title: "So erreichen Sie uns, und was uns hilft",
			summary: "Der schnellste Weg zu einer Antwort und vier Angaben, die ihn abkürzen.",
			body: `
Die meisten Fragen beantworten wir werktags binnen drei Stunden. Bitte nennen Sie uns:

- die **Seriennummer** (auf der Rückseite, beginnt mit KP)
- was die Leuchte macht: Farbe, dauernd oder blinkend
- ob Wasser läuft, wenn Sie die Taste drücken
- seit wann es so ist und was sich damals geändert hat

Ein Foto vom ganzen Aufbau sagt mehr als eine Nahaufnahme der Leuchte.
`,
		},
	},
];
