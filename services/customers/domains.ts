import { domainToASCII } from "node:url";
import publicProviders from "email-providers";
import { invalidField } from "../../lib/problem.ts";

const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names that RFC 2606 sets aside for examples are nobody's mail service, whatever the list says. */
const EXAMPLES = new Set(["example.com", "example.net", "example.org"]);
const PUBLIC_MAIL = new Set(publicProviders.filter((domain) => !EXAMPLES.has(domain)));

/** Domain names in the form in which they are compared (lower-case, IDNA ASCII), each once. Throws 422 for what is none. */
export function normalizeDomains(domains: readonly string[]): string[] {
	const kept = domains.map((given, index) => {
		const domain = domainToASCII(given.trim().normalize("NFKC").toLowerCase());
		if (!DOMAIN.test(domain) || domain.length > 253)
			throw invalidField(`/domains/${index}`, "This is no domain name such as example.com.", "domain");
		return domain;
	});
	return [...new Set(kept)];
}

/** The domain of a normalised e-mail address. */
export function domainOf(normalizedEmail: string): string {
	return normalizedEmail.slice(normalizedEmail.lastIndexOf("@") + 1);
}

/** Whether anybody can have an address at this domain, so that it says nothing about a company. */
export function isPublicMail(domain: string): boolean {
	return PUBLIC_MAIL.has(domain);
}
