/** Whether a text names an IANA time zone, such as `Europe/Berlin`; a bare offset such as `+02:00` is none. */
export function isTimeZone(name: string): boolean {
	if (!/^[A-Za-z]/.test(name)) return false;
	try {
		new Intl.DateTimeFormat("en", { timeZone: name });
		return true;
	} catch {
		return false;
	}
}
