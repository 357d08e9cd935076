/**
 * Headers of every answer. Answers are personal to their caller and never a page, so nothing may be cached, framed,
 * sniffed or loaded from them. The few pages there are relax the content policy themselves.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy": "no-referrer",
	"X-Content-Type-Options": "nosniff",
	"X-Frame-Options": "DENY",
	Vary: "Origin, Accept, Accept-Language",
};

/** Only over https: a browser on plain http ignores it, and a developer's browser must not remember it. */
export const STRICT_TRANSPORT = "max-age=31536000; includeSubDomains";
