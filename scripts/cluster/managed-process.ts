import { type ChildProcess, spawn } from "node:child_process";

/** What is run, and how one sees that it can be used. */
export interface Plan {
	/** short and unique, such as `tickets.2` */
	name: string;
	command: string;
	args: readonly string[];
	env: Readonly<Record<string, string>>;
	cwd?: string;
	/** a line of its output that says it is ready; where there is none, `probe` is asked until it does not throw */
	readyLine?: RegExp;
	probe?(): Promise<void>;
}

const PROBE_EVERY_MS = 50;
/** A program that is not ready by then is given up, ms. */
const READY_WITHIN_MS = 60_000;
/** A program that has not ended this long after it was asked to is killed, ms. */
const STOP_WITHIN_MS = 20_000;
/** How much of the last output is kept for messages, characters. */
const KEPT_OUTPUT = 20_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** One program that is started, killed, frozen and started again, always by the same plan. */
export class ManagedProcess {
	readonly name: string;
	private readonly plan: Plan;
	private readonly onLine: (line: string) => void;
	private child: ChildProcess | null = null;
	private ended: Promise<number | null> = Promise.resolve(null);
	private text = "";
	private wanted = false;
	private readonly exitListeners: ((code: number | null) => void)[] = [];

	constructor(plan: Plan, onLine: (line: string) => void = () => undefined) {
		this.name = plan.name;
		this.plan = plan;
		this.onLine = onLine;
	}

	get running(): boolean {
		return this.child !== null;
	}

	get pid(): number | undefined {
		return this.child?.pid;
	}

	/** The last of what it printed. */
	get output(): string {
		return this.text;
	}

	/** Called whenever the program ends without having been told to. */
	onCrash(listener: (code: number | null) => void): void {
		this.exitListeners.push(listener);
	}

	/**
	 * Starts the program and resolves when it is ready.
	 * @throws {Error} with its last output where it ends instead, or is not ready within a minute
	 */
	async start(): Promise<void> {
		if (this.child) throw new Error(`${this.name} runs already`);
		const { command, args, env, cwd } = this.plan;
		const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
		this.child = child;
		this.wanted = true;
		this.text = "";
		const said = this.listen(child);
		this.ended = new Promise((resolve) => {
			const end = (code: number | null) => {
				if (this.child !== child) return;
				this.child = null;
				resolve(code);
				if (this.wanted) for (const listener of this.exitListeners) listener(code);
			};
			child.once("error", (error) => {
				this.text += String(error);
				end(null);
			});
			child.once("exit", end);
		});
		const early = this.ended.then((code) => {
			throw new Error(`${this.name} ended with ${code} before it was ready:\n${this.text}`);
		});
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_resolve, reject) => {
			const text = () => `${this.name} was not ready within ${READY_WITHIN_MS} ms:\n${this.text}`;
			timer = setTimeout(() => reject(new Error(text())), READY_WITHIN_MS);
		});
		early.catch(() => undefined);
		try {
			await Promise.race([this.plan.readyLine ? said : this.probed(child), early, late]);
		} finally {
			clearTimeout(timer);
		}
	}

	/** Ends it at once, as a power cut would for the process. Does nothing where it does not run. */
	async kill(): Promise<void> {
		this.wanted = false;
		this.child?.kill("SIGKILL");
		await this.ended;
	}

	/** Asks it to stop, and resolves with its exit code; null where it had to be killed, or did not run. */
	async stop(): Promise<number | null> {
		this.wanted = false;
		const { child } = this;
		if (!child) return null;
		child.kill("SIGCONT");
		child.kill("SIGTERM");
		const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
		const code = await this.ended;
		clearTimeout(timer);
		return code;
	}

	/** Lets it stand still: its connections stay open and nothing answers. */
	freeze(): void {
		this.child?.kill("SIGSTOP");
	}

	/** Lets it go on after {@link freeze}. */
	thaw(): void {
		this.child?.kill("SIGCONT");
	}

	private listen(child: ChildProcess): Promise<void> {
		return new Promise((resolve) => {
			for (const stream of [child.stdout, child.stderr]) {
				let rest = "";
				stream?.on("data", (chunk: Buffer) => {
					const lines = (rest + chunk.toString()).split("\n");
					rest = lines.pop() ?? "";
					for (const line of lines) {
						this.text = `${this.text}${line}\n`.slice(-KEPT_OUTPUT);
						if (this.plan.readyLine?.test(line)) resolve();
						this.onLine(line);
					}
				});
			}
		});
	}

	private async probed(child: ChildProcess): Promise<void> {
		while (this.child === child) {
			try {
				return await this.plan.probe?.();
			} catch {
				await pause(PROBE_EVERY_MS);
			}
		}
	}
}
