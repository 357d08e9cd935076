import { escapeHtml, page } from "./page.ts";

/** Somebody whom the development issuer signs in. */
export interface DemoPerson {
	/** the subject, and the name of the role that the first start gives this person */
	id: string;
	email: string;
	firstName: string;
	lastName: string;
}

/** The page on which one chooses whom to sign in as. */
export function choicePage(people: readonly DemoPerson[], action: string): string {
	const buttons = people.map(({ id, email, firstName, lastName }) => {
		const name = escapeHtml(`${firstName} ${lastName}`);
		return `<button name="person" value="${escapeHtml(id)}">${name}<small>${escapeHtml(email)}</small></button>`;
	});
	return page(
		"Sign in as…",
		`<p>This is Conductor's development issuer: no password, demo people only. Set <code>OIDC_ISSUER</code> for a real one.</p>
<form method="post" action="${escapeHtml(action)}">
${buttons.join("\n")}
</form>`,
	);
}

/** The page shown when a sign-in cannot go on. */
export function overPage(reason: string): string {
	return page(
		"This sign-in cannot go on",
		`<p>${escapeHtml(reason)}</p>\n<a class="button" href="/api/login">Sign in again</a>`,
	);
}
