import type { DemoArticle } from "./text.ts";

export const app: readonly DemoArticle[] = [
	{
		tags: ["app", "account"],
		en: {
			title: "Reset the password of your account",
			summary: "You get a link by e-mail that is good for an hour.",
			body: `
Choose **Forgotten password** below the sign-in form and type the address of your account. The mail arrives within a
minute; its link can be used once, within an hour.

## No mail?

- Look for it in spam: it comes from *no-reply@kelpie.example*.
- You may have signed up with another address. Old order confirmations show which.
- After three attempts in an hour we wait for the next hour, to keep others from guessing.
`,
		},
		de: {
			title: "Kennwort des Kontos zurücksetzen",
			summary: "Sie bekommen per E-Mail einen Link, der eine Stunde lang gilt.",
			body: `
Wählen Sie unter der Anmeldung **Kennwort vergessen** und geben Sie die Adresse Ihres Kontos ein. Die Nachricht kommt
binnen einer Minute; ihr Link gilt einmal und eine Stunde lang.

## Keine Nachricht?

- Sehen Sie im Spam nach: Absender ist *no-reply@kelpie.example*.
- Vielleicht ist das Konto unter einer anderen Adresse. Alte Bestellbestätigungen verraten, unter welcher.
- Nach drei Versuchen in einer Stunde warten wir die nächste ab, damit niemand rät.
`,
		},
	},
	{
		tags: ["app", "sharing"],
		en: {
			title: "Share your plants with family or neighbours",
			summary: "Give somebody the right to water while you are away.",
			body: `
Under **People** send an invitation and choose what it allows:

- *Look*: see moisture and the plan
- *Water*: start and stop a round
- *Manage*: everything but removing the device

An invitation can end by itself. Set a last day for the neighbour who waters during your holiday, and you need not
remember to take it back.
`,
		},
		de: {
			title: "Pflanzen mit Familie oder Nachbarn teilen",
			summary: "Lassen Sie jemanden gießen, während Sie fort sind.",
			body: `
Laden Sie unter **Personen** jemanden ein und wählen Sie, was erlaubt ist:

- *Ansehen*: Feuchte und Plan sehen
- *Gießen*: eine Runde starten und beenden
- *Verwalten*: alles, nur nicht das Gerät entfernen

Eine Einladung kann von selbst enden. Geben Sie der Nachbarin, die im Urlaub gießt, einen letzten Tag, dann müssen Sie
nicht ans Zurücknehmen denken.
`,
		},
	},
	{
		tags: ["app", "notifications"],
		en: {
			title: "Choose which notifications you get",
			summary: "Only what needs a hand, or a diary of every litre.",
			body: `
Out of the box Kelpie writes to you when something needs a hand: an empty barrel, weak batteries, a probe that does not
answer. Under **Notifications** you can add a weekly summary or each single round.

Quiet hours hold everything back but a suspected leak. That one rings even at night, because an open valve passes 600
litres an hour.
`,
		},
		de: {
			title: "Benachrichtigungen auswählen",
			summary: "Nur, was eine Hand braucht, oder ein Tagebuch jedes Liters.",
			body: `
Ab Werk meldet sich Kelpie, wenn etwas zu tun ist: leere Tonne, schwache Batterien, ein Fühler, der nicht antwortet.
Unter **Benachrichtigungen** können Sie eine Wochenübersicht oder jede einzelne Runde dazunehmen.

Ruhezeiten halten alles zurück, nur nicht den Verdacht auf ein Leck. Der klingelt auch nachts, denn durch ein offenes
Ventil laufen 600 Liter in der Stunde.
`,
		},
	},
	{
		tags: ["app", "offline"],
		en: {
			title: "The app shows the device as offline",
			summary: "Watering goes on; here is how to get the picture back.",
			body: `
Kelpie keeps its plan in the device, so your plants get their water without the app. To bring it back:

1. Press the button once. A green blink means the Wi-Fi is fine and only the app is behind: pull down to refresh.
2. A red blink means no Wi-Fi. Is the router on? Did its password change?
3. If both are fine, take the cells out for ten seconds. The plan survives that.

Metal doors and fresh leaves swallow signal: in May a device may drop out that worked all winter.
`,
		},
		de: {
			title: "Die App zeigt das Gerät als offline",
			summary: "Gegossen wird trotzdem; so kommt die Anzeige zurück.",
			body: `
Kelpie bewahrt den Plan im Gerät auf, Ihre Pflanzen bekommen also auch ohne App ihr Wasser. So holen Sie die Anzeige
zurück:

1. Drücken Sie einmal die Taste. Blinkt es grün, ist das WLAN in Ordnung und nur die App hinkt nach: nach unten ziehen.
2. Blinkt es rot, fehlt das WLAN. Ist der Router an? Hat sich das Kennwort geändert?
3. Stimmt beides, nehmen Sie die Zellen zehn Sekunden heraus. Der Plan übersteht das.

Metalltüren und frisches Laub schlucken Funk: Im Mai kann ausfallen, was den Winter über lief.
`,
		},
	},
	{
		tags: ["app", "privacy"],
		visibility: "customers",
		en: {
			title: "Download or delete your data",
			summary: "A file with everything we keep, or an end to it.",
			body: `
**Account → My data** makes a file with your profile, devices, plans and the litres of each day. It is ready within a
few minutes and stays for a week.

*Delete account* removes all of it after 14 days, in which you can change your mind by signing in. Invoices stay as long
as tax law demands, without a link to your plants.
`,
		},
		de: {
			title: "Eigene Daten herunterladen oder löschen",
			summary: "Eine Datei mit allem, was wir aufbewahren, oder das Ende davon.",
			body: `
**Konto → Meine Daten** erzeugt eine Datei mit Profil, Geräten, Plänen und den Litern jedes Tages. Sie ist nach wenigen
Minuten fertig und liegt eine Woche bereit.

*Konto löschen* entfernt alles nach 14 Tagen; so lange können Sie es sich durch Anmelden anders überlegen. Rechnungen
bleiben, wie es das Steuerrecht verlangt, ohne Bezug zu Ihren Pflanzen.
`,
		},
	},
];
