/** The 97.5 % quantile of the normal distribution: 95 % confidence, both sides. */
const Z = 1.959963984540054;

/**
 * The lower bound of the share of positive votes at 95 % confidence, 0 to 1; 0 without positive votes. Ranks nine of ten above
 * one of one. E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927).
 */
export function wilsonLowerBound(positive: number, negative: number): number {
	const total = positive + negative;
	if (positive === 0) return 0;
	const share = positive / total;
	const z2 = Z * Z;
	const centre = share + z2 / (2 * total);
	const margin = Z * Math.sqrt((share * (1 - share) + z2 / (4 * total)) / total);
	return (centre - margin) / (1 + z2 / total);
}
