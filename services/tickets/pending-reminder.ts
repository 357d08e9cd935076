import type { Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import { SYSTEM_AUTHOR } from "./authorship.ts";
import { emitMessage, saveRevision } from "./save.ts";
import type { Tickets } from "./tickets-store.ts";
import { counted, draftMessage, writeMessage } from "./write-message.ts";

/** What a customer is sent who has not answered, by language. */
const TEXTS: Readonly<Record<string, string>> = {
	en: "We are still waiting for your answer. If you need further help with this request, simply reply to this message.",
	de: "Wir warten noch auf Ihre Antwort. Wenn Sie zu dieser Anfrage weitere Hilfe brauchen, antworten Sie einfach auf diese Nachricht.",
	es: "Seguimos esperando su respuesta. Si necesita más ayuda con esta solicitud, simplemente responda a este mensaje.",
	fr: "Nous attendons toujours votre réponse. Si vous avez encore besoin d'aide pour cette demande, répondez simplement à ce message.",
	it: "Siamo ancora in attesa di una sua risposta. Se ha bisogno di ulteriore aiuto per questa richiesta, risponda semplicemente a questo messaggio.",
	nl: "We wachten nog op uw antwoord. Hebt u nog hulp nodig bij deze aanvraag? Beantwoord dan gewoon dit bericht.",
	pt: "Ainda estamos à espera da sua resposta. Se precisar de mais ajuda com este pedido, basta responder a esta mensagem.",
};

/** The reminder in the language of the ticket, else of the tenant, else in English. */
export function reminderText(...locales: (string | null | undefined)[]): string {
	const languages = locales.map((locale) => locale?.split("-")[0] ?? "");
	const known = languages.find((language) => language in TEXTS) ?? "en";
	return TEXTS[known] as string;
}

/** Reminds the customer of a pending ticket, once as long as nobody else writes. It answers nobody and changes no status. */
export async function remind(tickets: Tickets, tx: Transaction, ticket: Ticket): Promise<void> {
	const tenant = await tickets.copies.tenants.byId(ticket.tenantId, ticket.tenantId, tx);
	const draft = draftMessage(reminderText(ticket.locale, tenant?.locale), "text", "public_reply", SYSTEM_AUTHOR);
	const saved = await saveRevision(tickets, tx, {
		before: ticket,
		next: { ...ticket, ...counted(ticket, draft), pendingRemindedAt: tx.now },
		action: "message.added",
		changes: [{ field: "message", from: null, to: draft._id }],
		cause: { type: "system", id: "pending_reminder" },
		happened: { type: "agent_reply", automatic: true },
	});
	const message = await writeMessage(tickets, tx, saved, draft, tx.now);
	await emitMessage(tx, saved, message, { isFirstResponse: false, responseSec: null });
}
