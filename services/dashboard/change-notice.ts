/** Changes that follow one another this quickly are told once, ms. */
const COALESCE_MS = 50;

/** Tells that tenants' read models changed: at once where it was quiet, and then once for all that follows shortly. */
export class ChangeNotice {
	private readonly tell: (tenantId: string) => void;
	private readonly changed = new Set<string>();
	private timer: NodeJS.Timeout | undefined;

	constructor(tell: (tenantId: string) => void) {
		this.tell = tell;
	}

	add(tenantIds: Iterable<string>): void {
		for (const tenantId of tenantIds) this.changed.add(tenantId);
		if (this.timer === undefined) this.flush();
	}

	stop(): void {
		clearTimeout(this.timer);
	}

	private flush(): void {
		this.timer = undefined;
		if (this.changed.size === 0) return;
		const told = [...this.changed];
		this.changed.clear();
		this.timer = setTimeout(() => this.flush(), COALESCE_MS).unref();
		for (const tenantId of told) this.tell(tenantId);
	}
}
