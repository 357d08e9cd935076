import type { DemoArticle } from "./text.ts";

export const delivery: readonly DemoArticle[] = [
	{
		tags: ["delivery", "tracking"],
		en: {
			title: "Where is my parcel?",
			summary: "How to read the tracking, and when to write to us.",
			body: `
The link in the shipping mail shows each scan. "Label created" means that we have packed it and the carrier has not
scanned it yet; that may take until the next working day.

Write to us when nothing has moved for **three working days**, or when it says "delivered" and nothing is there. Ask the
neighbours first: two of three lost parcels are next door.
`,
		},
		de: {
			title: "Wo ist mein Paket?",
			summary: "Wie Sie die Sendungsverfolgung lesen und wann Sie uns schreiben sollten.",
			body: `
Der Link in der Versandnachricht zeigt jeden Scan. »Etikett erstellt« heißt: Wir haben gepackt, der Zusteller hat noch
nicht gescannt; das kann bis zum nächsten Werktag dauern.

Schreiben Sie uns, wenn sich **drei Werktage** nichts bewegt oder »zugestellt« dasteht und nichts da ist. Fragen Sie
vorher die Nachbarn: Zwei von drei verlorenen Paketen liegen nebenan.
`,
		},
	},
	{
		tags: ["delivery", "cost"],
		en: {
			title: "Delivery times and costs",
			summary: "By country, with the day until which you can order.",
			body: `
| To | Days | Cost |
| --- | --- | --- |
| Germany, Austria | 1–2 | 4.90 |
| Netherlands, Belgium, France | 2–4 | 7.90 |
| rest of the EU, Switzerland | 3–6 | 9.90 |

Orders before **two in the afternoon** leave the same working day. From 80 on, delivery inside the EU is free. For
Switzerland, duty is paid already.
`,
		},
		de: {
			title: "Lieferzeiten und Versandkosten",
			summary: "Nach Ländern, mit der Uhrzeit, bis zu der es am selben Tag losgeht.",
			body: `
| Nach | Tage | Kosten |
| --- | --- | --- |
| Deutschland, Österreich | 1–2 | 4,90 |
| Niederlande, Belgien, Frankreich | 2–4 | 7,90 |
| übrige EU, Schweiz | 3–6 | 9,90 |

Bestellungen bis **14 Uhr** gehen am selben Werktag hinaus. Ab 80 ist der Versand in der EU frei. Für die Schweiz ist der
Zoll schon bezahlt.
`,
		},
	},
	{
		tags: ["return", "refund"],
		en: {
			title: "Send something back",
			summary: "Thirty days, also when the box is open.",
			body: `
Choose **Return** in the order and say which parts. You get a label at once; any box will do.

It may have been used: trying it on your own tap is what the thirty days are for. Please let it drip dry first. The money
is back within four working days of its arrival, delivery costs included where you return everything.
`,
		},
		de: {
			title: "Etwas zurückschicken",
			summary: "Dreißig Tage, auch wenn der Karton offen ist.",
			body: `
Wählen Sie in der Bestellung **Zurückschicken** und die Teile. Das Etikett kommt sofort, jeder Karton ist recht.

Benutzt sein darf es: Die dreißig Tage sind dafür da, am eigenen Hahn zu probieren. Bitte vorher abtropfen lassen. Das
Geld ist vier Werktage nach Ankunft zurück, mit Versandkosten, wenn alles zurückkommt.
`,
		},
	},
	{
		tags: ["delivery", "damage"],
		en: {
			title: "The parcel arrived damaged",
			summary: "Two photos, and a new one is on its way.",
			body: `
Take a photo of the box **from outside, with the label**, and one of what is broken. Send both within seven days; that is
how long the carrier listens to us.

You need not wait for its decision: the replacement leaves as soon as we have the pictures. Keep the broken one for two
weeks, in case somebody wants to see it.
`,
		},
		de: {
			title: "Das Paket kam beschädigt an",
			summary: "Zwei Fotos, und ein neues ist unterwegs.",
			body: `
Fotografieren Sie den Karton **von außen mit Etikett** und das, was kaputt ist. Schicken Sie beides binnen sieben Tagen;
so lange hört der Zusteller auf uns.

Auf dessen Entscheidung müssen Sie nicht warten: Ersatz geht los, sobald wir die Bilder haben. Heben Sie das kaputte Teil
zwei Wochen auf, falls es jemand sehen will.
`,
		},
	},
	{
		tags: ["delivery", "address"],
		en: {
			title: "Deliver to a parcel shop or a neighbour",
			summary: "For all who are not at home by day.",
			body: `
At the step *Delivery* choose a parcel shop near you; it keeps the parcel for seven days, and your phone is enough to
fetch it.

Is it on its way already? In the shipping mail choose **Deliver elsewhere**: until the evening before, the carrier takes
a neighbour, a safe place or another day. Batteries are on board, so parcel lockers are not possible.
`,
		},
		de: {
			title: "Lieferung an Paketshop oder Nachbarn",
			summary: "Für alle, die tagsüber nicht zu Hause sind.",
			body: `
Wählen Sie im Schritt *Lieferung* einen Paketshop in der Nähe; er bewahrt das Paket sieben Tage auf, zum Abholen genügt
Ihr Telefon.

Ist es schon unterwegs? In der Versandnachricht gibt es **Anders zustellen**: Bis zum Vorabend nimmt der Zusteller
Nachbarn, Ablageort oder einen anderen Tag. Wegen der Batterien sind Packstationen nicht möglich.
`,
		},
	},
];
