import type { ServiceName } from "../../config.ts";
import { type Cluster, SERVER_NAMES } from "../cluster/cluster.ts";
import type { ManagedProcess } from "../cluster/managed-process.ts";
import type { Random } from "./random.ts";

/** What is done to the cluster, each as likely as its weight says. */
const FAULTS = {
	/** kill -9 of one copy of a service or one gateway */
	copy: 10,
	/** kill -9 of all copies of a service at once */
	service: 2,
	/** a copy stands still for a while: its connections stay open */
	freeze: 2,
	/** a copy is asked to stop, as in a rolling restart */
	restart: 2,
	nats: 2,
	redis: 2,
	/** rarer: everything waits while the database reads what it needs, which is long for the one of the tests */
	mongo: 1,
} as const;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Hurts a cluster at random until it is told to end, and leaves it whole. */
export class Faults {
	/** how often each thing was done, by its name */
	readonly done = new Map<string, number>();
	/** processes that ended without being hurt */
	readonly crashes: string[] = [];
	private readonly cluster: Cluster;
	private readonly random: Random;
	private readonly say: (text: string) => void;
	private ending = false;
	private readonly healing = new Set<Promise<void>>();

	constructor(cluster: Cluster, random: Random, say: (text: string) => void) {
		this.cluster = cluster;
		this.random = random;
		this.say = say;
		for (const one of cluster.processes.values())
			one.onCrash((code) => {
				this.crashes.push(`${one.name} ended with ${code}: ${one.output.slice(-600)}`);
				this.heal(this.startAgain(one));
			});
	}

	/** Does one thing after the other, `everyMs` apart in the mean. Resolves when told to end and all processes run. */
	async run(everyMs: number): Promise<void> {
		while (!this.ending) {
			await pause(everyMs * (0.5 + this.random.next()));
			if (!this.ending) await this.one();
		}
		while (this.healing.size > 0) await Promise.all(this.healing);
	}

	end(): void {
		this.ending = true;
	}

	private async one(): Promise<void> {
		const fault = this.random.weighted(FAULTS);
		const victims = this.victims(fault);
		if (victims.length === 0) return;
		const name = victims.map((one) => one.name).join(" and ");
		this.done.set(fault, (this.done.get(fault) ?? 0) + 1);
		const downMs = this.random.between(0, 2000);
		if (fault === "freeze") {
			this.say(`${name} stands still for ${downMs} ms`);
			for (const one of victims) one.freeze();
			await pause(downMs);
			for (const one of victims) one.thaw();
			return;
		}
		this.say(fault === "restart" ? `${name} is asked to stop` : `kill -9 of ${name}, down for ${downMs} ms`);
		await Promise.all(victims.map((one) => (fault === "restart" ? one.stop() : one.kill())));
		const again = pause(downMs).then(() => Promise.all(victims.map((one) => this.startAgain(one))));
		this.heal(again.then(() => undefined));
	}

	private victims(fault: keyof typeof FAULTS): ManagedProcess[] {
		const running = [...this.cluster.processes.values()].filter((one) => one.running);
		const isServer = ({ name }: ManagedProcess) => (SERVER_NAMES as readonly string[]).includes(name);
		if (fault === "nats" || fault === "redis" || fault === "mongo") return running.filter(({ name }) => name === fault);
		const copies = running.filter((one) => !isServer(one));
		if (copies.length === 0) return [];
		const one = this.random.pick(copies);
		if (fault !== "service") return [one];
		return this.cluster.copiesOf(one.name.split(".")[0] as ServiceName).filter(({ running: runs }) => runs);
	}

	private heal(work: Promise<void>): void {
		this.healing.add(work);
		void work.finally(() => this.healing.delete(work));
	}

	/** A process that cannot start, because a server is down just then, is started until it can. */
	private async startAgain(one: ManagedProcess): Promise<void> {
		for (let attempt = 1; ; attempt++) {
			try {
				if (!one.running) await one.start();
				return;
			} catch (error) {
				if (attempt >= 30) throw error;
				await pause(500);
			}
		}
	}
}
