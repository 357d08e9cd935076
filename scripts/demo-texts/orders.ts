import type { DemoArticle } from "./text.ts";

export const orders: readonly DemoArticle[] = [
	{
		tags: ["order", "change"],
		en: {
			title: "Change or cancel an order",
			summary: "Possible until it is packed, usually for two hours.",
			body: `
Open **Orders**, choose the order and *Change*. Address, colour and number of pieces can be changed while the state is
"received". Once it says "packed" the label is printed; then write to us at once, and we try to catch it at the dock.

A cancelled order is paid back on the same day. Your bank may take three more.
`,
		},
		de: {
			title: "Bestellung ändern oder stornieren",
			summary: "Möglich, bis sie gepackt ist, meist zwei Stunden lang.",
			body: `
Öffnen Sie **Bestellungen**, wählen Sie die Bestellung und *Ändern*. Adresse, Farbe und Stückzahl lassen sich ändern,
solange der Stand »eingegangen« ist. Bei »gepackt« ist das Etikett gedruckt; schreiben Sie dann sofort, wir versuchen,
das Paket an der Rampe abzufangen.

Eine stornierte Bestellung erstatten wir am selben Tag. Ihre Bank braucht vielleicht drei weitere.
`,
		},
	},
	{
		tags: ["payment"],
		en: {
			title: "Ways to pay",
			summary: "Card, transfer, invoice for companies.",
			body: `
- **Card**: reserved with the order, charged when the parcel leaves.
- **Bank transfer**: we pack when the money is here, usually the next day.
- **Invoice**: for companies after the first order, 14 days net.

A reservation that was never charged disappears by itself within five days. Two lines on the statement for a little
while are no second payment.
`,
		},
		de: {
			title: "Zahlungsarten",
			summary: "Karte, Überweisung, Rechnung für Firmen.",
			body: `
- **Karte**: mit der Bestellung vorgemerkt, belastet, wenn das Paket geht.
- **Überweisung**: Wir packen, wenn das Geld da ist, meist am nächsten Tag.
- **Rechnung**: für Firmen ab der zweiten Bestellung, 14 Tage netto.

Eine Vormerkung, die nie belastet wurde, verschwindet binnen fünf Tagen von selbst. Zwei Zeilen auf dem Auszug sind eine
Weile lang keine zweite Zahlung.
`,
		},
	},
	{
		tags: ["invoice", "company"],
		visibility: "customers",
		en: {
			title: "Invoices with your company's name and VAT number",
			summary: "Set it once, also for orders of the past.",
			body: `
Under **Account → Billing** enter the company's name, address and VAT number. All invoices from then on carry it.

For an order of the last twelve months choose *Make anew* beside the invoice. The old one is cancelled and both are sent
to the address for bills, so that your accounting has the whole story.
`,
		},
		de: {
			title: "Rechnungen mit Firma und USt-IdNr.",
			summary: "Einmal eintragen, auch für frühere Bestellungen.",
			body: `
Tragen Sie unter **Konto → Rechnung** Firma, Anschrift und USt-IdNr. ein. Alle Rechnungen tragen sie von da an.

Für eine Bestellung der letzten zwölf Monate wählen Sie neben der Rechnung *Neu ausstellen*. Die alte wird storniert, und
beide gehen an die Rechnungsadresse, damit die Buchhaltung alles beisammen hat.
`,
		},
	},
	{
		tags: ["voucher", "payment"],
		en: {
			title: "Use a voucher",
			summary: "Where the code goes, and why it may be refused.",
			body: `
Type the code at the last step, below the sum. One voucher an order; what is left of it stays on the code.

It is refused when it has expired, when it is for new customers and your address has ordered before, or when it only
holds for devices and the basket has spare parts alone. O and 0 look alike: copy it rather than type it.
`,
		},
		de: {
			title: "Gutschein einlösen",
			summary: "Wohin der Code gehört und warum er abgelehnt werden kann.",
			body: `
Geben Sie den Code im letzten Schritt unter der Summe ein. Ein Gutschein je Bestellung; ein Rest bleibt auf dem Code.

Abgelehnt wird er, wenn er abgelaufen ist, wenn er nur für Neukunden gilt und Ihre Adresse schon bestellt hat, oder wenn
er nur für Geräte gilt und im Korb nur Ersatzteile liegen. O und 0 sehen sich ähnlich: lieber kopieren als tippen.
`,
		},
	},
	{
		tags: ["warranty", "return"],
		en: {
			title: "Make use of the warranty",
			summary: "What is covered, and how an exchange goes.",
			body: `
For two years (three when registered) we repair or exchange what fails by itself. Seals, cells and frost are not covered.

1. Write to us with serial number and a photo.
2. You get an answer the same day, usually with a label.
3. A new controller leaves when the old one is **scanned at the post office**, not when it arrives.

Your plans move over as soon as you register the new one.
`,
		},
		de: {
			title: "Garantie in Anspruch nehmen",
			summary: "Was abgedeckt ist und wie ein Tausch abläuft.",
			body: `
Zwei Jahre lang (registriert drei) reparieren oder tauschen wir, was von selbst ausfällt. Dichtungen, Batterien und Frost
sind nicht abgedeckt.

1. Schreiben Sie uns mit Seriennummer und Foto.
2. Sie bekommen am selben Tag Antwort, meist mit einem Etikett.
3. Die neue Steuerung geht los, wenn die alte **bei der Post gescannt** ist, nicht erst bei Ankunft.

Ihre Pläne ziehen um, sobald Sie die neue registrieren.
`,
		},
	},
];
