import type { DemoArticle } from "./text.ts";

export const setup: readonly DemoArticle[] = [
	{
		tags: ["setup", "tap"],
		en: {
			title: "Fit the controller to your tap",
			summary: "Ten minutes, no tools.",
			body: `
1. Unscrew whatever sits on the tap and look at the thread: 3/4 inch fits as it is, 1 inch needs the brass ring.
2. Lay a seal into the adapter, flat side down.
3. Screw the adapter on by hand. **Do not use pliers**: the plastic cracks before it leaks.
4. Click the controller onto the adapter until you hear it twice.
5. Open the tap and watch for a minute.

A few drops at the first opening are normal; a steady drip is not.
`,
		},
		de: {
			title: "Steuerung am Hahn befestigen",
			summary: "Zehn Minuten, kein Werkzeug.",
			body: `
1. Schrauben Sie ab, was am Hahn sitzt, und sehen Sie das Gewinde an: 3/4 Zoll passt, 1 Zoll braucht den Messingring.
2. Legen Sie eine Dichtung in den Anschluss, die flache Seite nach unten.
3. Drehen Sie den Anschluss von Hand fest. **Keine Zange**: Der Kunststoff reißt, bevor er tropft.
4. Drücken Sie die Steuerung auf den Anschluss, bis es zweimal klickt.
5. Öffnen Sie den Hahn und schauen Sie eine Minute zu.

Ein paar Tropfen beim ersten Öffnen sind normal, stetiges Tropfen nicht.
`,
		},
	},
	{
		tags: ["setup", "wifi"],
		en: {
			title: "Connect Kelpie to your Wi-Fi",
			summary: "Pairing step by step, and why a 2.4 GHz network is needed.",
			body: `
Hold the button for five seconds until the light blinks blue. In the app choose **Add device**, pick your network and
type its password.

## It does not find the network

Kelpie only speaks **2.4 GHz**. If your router has one name for both bands, switch 5 GHz off for the pairing and on
again afterwards. Names with umlauts or emoji are a known trouble of older firmware: 2.3 and later take them.
`,
		},
		de: {
			title: "Kelpie mit dem WLAN verbinden",
			summary: "Koppeln Schritt für Schritt, und warum es ein Netz mit 2,4 GHz sein muss.",
			body: `
Halten Sie die Taste fünf Sekunden, bis die Leuchte blau blinkt. Wählen Sie in der App **Gerät hinzufügen**, dann Ihr
Netz, und geben Sie das Kennwort ein.

## Das Netz wird nicht gefunden

Kelpie spricht nur **2,4 GHz**. Hat Ihr Router einen Namen für beide Bänder, schalten Sie 5 GHz für das Koppeln ab und
danach wieder ein. Netznamen mit Umlauten oder Emoji machten älteren Versionen Mühe; ab 2.3 gehen sie.
`,
		},
	},
	{
		tags: ["setup", "probe"],
		en: {
			title: "Where to put the clay probes",
			summary: "Half-way to the stem, as deep as the roots.",
			body: `
A probe measures the hand's breadth of soil around it, so put it where the roots drink: half-way between stem and rim,
at two thirds of the pot's depth.

- Water it once by hand and press the soil down, or it measures air.
- Keep it away from the dripper: right below one, the soil is always wet.
- In a bed, one probe stands for all plants with the same thirst.
`,
		},
		de: {
			title: "Wohin mit den Tonfühlern",
			summary: "Auf halbem Weg zum Stamm, so tief wie die Wurzeln.",
			body: `
Ein Fühler misst eine Handbreit Erde um sich herum. Stecken Sie ihn dorthin, wo die Wurzeln trinken: auf halbem Weg
zwischen Stamm und Topfrand, auf zwei Dritteln der Topftiefe.

- Gießen Sie einmal von Hand und drücken Sie die Erde an, sonst misst er Luft.
- Halten Sie Abstand zum Tropfer: Direkt darunter ist es immer nass.
- Im Beet steht ein Fühler für alle Pflanzen mit gleichem Durst.
`,
		},
	},
	{
		tags: ["setup", "zones"],
		en: {
			title: "Divide balcony or garden into zones",
			summary: "Plants with the same thirst belong together.",
			body: `
A zone is everything that hangs on one outlet. Group by **thirst**, not by place: tomatoes and basil drink daily, lavender
once a week.

Begin with two zones, "thirsty" and "patient". Add a third only when you find yourself watering by hand. Outlets that
stay free are closed with the grey caps from the box.
`,
		},
		de: {
			title: "Balkon oder Garten in Zonen teilen",
			summary: "Pflanzen mit gleichem Durst gehören zusammen.",
			body: `
Eine Zone ist alles, was an einem Ausgang hängt. Ordnen Sie nach **Durst**, nicht nach Ort: Tomaten und Basilikum trinken
täglich, Lavendel einmal in der Woche.

Beginnen Sie mit zwei Zonen, »durstig« und »geduldig«. Eine dritte lohnt erst, wenn Sie doch wieder von Hand gießen.
Freie Ausgänge verschließen Sie mit den grauen Kappen aus dem Karton.
`,
		},
	},
	{
		tags: ["setup", "pump"],
		en: {
			title: "Run Kelpie from a rain barrel",
			summary: "With the booster pump and a filter in front of it.",
			body: `
A barrel has no pressure, so the valve alone gives a trickle. Put the booster pump between barrel and controller and
switch **Source** to *Barrel* in the app: Kelpie then starts the pump two seconds before it opens.

Clean the mesh filter every month. When the barrel is empty the pump stops after ten seconds and the light turns amber;
refill it and press the button once.
`,
		},
		de: {
			title: "Kelpie an der Regentonne betreiben",
			summary: "Mit der Zusatzpumpe und einem Filter davor.",
			body: `
Eine Tonne hat keinen Druck, am Ventil allein kommt nur ein Rinnsal an. Setzen Sie die Zusatzpumpe zwischen Tonne und
Steuerung und stellen Sie die **Quelle** in der App auf *Tonne*: Kelpie startet die Pumpe dann zwei Sekunden vor dem
Öffnen.

Reinigen Sie das Sieb jeden Monat. Ist die Tonne leer, hält die Pumpe nach zehn Sekunden an und die Leuchte wird
orange; füllen Sie nach und drücken Sie einmal die Taste.
`,
		},
	},
];
