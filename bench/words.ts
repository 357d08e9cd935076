/** How many different words there are. */
const VOCABULARY = 80_000;

const SYLLABLES =
	"ba be bo ca ce co da de di fa fe ga go ha he in ka la le lo ma me mi na ne no or pa pe ra re ri sa se si ta te ti to un ve vo wa we".split(
		" ",
	);

/** A made-up word; the lower its rank, the more often it is used. */
export function wordOf(rank: number): string {
	let text = "";
	for (let rest = rank + 40; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
		text += SYLLABLES[rest % SYLLABLES.length];
	return text;
}

/** Numbers from 0 to 1, the same in every run (Numerical Recipes' linear congruential generator). */
export function randomNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}

/** Texts whose words are spread as in real ones (Zipf). */
export function texts(random: () => number): (length: number) => string {
	const word = () => wordOf(Math.floor(Math.exp(random() * Math.log(VOCABULARY))) - 1);
	return (length) => Array.from({ length }, word).join(" ");
}
