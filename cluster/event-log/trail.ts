/** An event by its place in the log. */
export interface Place {
	position: number;
	id: string;
}

/**
 * Which events lie where, of those read lately: the last one that a group has passed is its anchor, by which it notices
 * when the log was set back.
 */
export class Trail {
	/** oldest first, those that the group has not passed */
	#ahead: Place[] = [];
	#anchor: Place | null;

	constructor(anchor: Place | null = null) {
		this.#anchor = anchor;
	}

	add(place: Place): void {
		this.#ahead.push(place);
	}

	/** The last event at or before a position. Positions ascend from call to call. */
	anchorAt(position: number): Place | null {
		let passed = 0;
		while ((this.#ahead[passed]?.position ?? Number.POSITIVE_INFINITY) <= position) passed++;
		if (passed > 0) this.#anchor = this.#ahead.splice(0, passed).at(-1) ?? this.#anchor;
		return this.#anchor;
	}
}
