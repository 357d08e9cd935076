declare module "email-providers" {
	/** domains of mail services at which anybody can have an address */
	const domains: readonly string[];
	export default domains;
}
