import { type Context, Errors, type ServiceBroker } from "moleculer";
import { connect, type NatsConnection } from "nats";
import { Type } from "typebox";
import type { SealedNatsTransporter } from "../../../cluster/nats/transporter.ts";
import { defineAction } from "../../../contracts/contract.ts";
import { action } from "../../../mixins/action.ts";
import { startNats } from "../../support/nats.ts";
import { CLUSTER_SECRET, clusterNode } from "../../support/node.ts";
import { until } from "../../support/until.ts";

const text = Type.Object({ text: Type.String() });
const echo = defineAction({
	name: "far.echo",
	access: "public",
	summary: "",
	body: text,
	result: text,
	idempotent: true,
});
const command = defineAction({ name: "far.command", access: "public", summary: "", result: text });
const hang = defineAction({ name: "far.hang", access: "public", summary: "", result: text });

const nats = await startNats();
afterAll(() => nats?.stop());
const withNats = nats ? describe : describe.skip;
const url = nats?.url ?? "";

/** What the services of the far node were given, and what the near one hears. */
let heard: string[] = [];
let release: (value: { text: string }) => void = () => undefined;

const farService = () => ({
	name: "far",
	actions: {
		echo: action(echo, async (ctx) => {
			heard.push(`echo ${ctx.params.text.slice(0, 20)}`);
			return { text: ctx.params.text };
		}),
		command: action(command, async () => ({ text: "done" })),
		hang: action(hang, () => new Promise<{ text: string }>((resolve) => (release = resolve))),
	},
	events: { "something.happened": (ctx: Context<{ text: string }>) => heard.push(`event ${ctx.params.text}`) },
});

const transporterOf = (broker: ServiceBroker) =>
	(broker as unknown as { transit: { tx: SealedNatsTransporter } }).transit.tx;
const refusals = (broker: ServiceBroker) => Object.fromEntries(transporterOf(broker).refusalCounts());

withNats("packets between processes", () => {
	let near: ServiceBroker;
	let far: ServiceBroker;
	/** anybody who can reach the server */
	let stranger: NatsConnection;

	beforeAll(async () => {
		near = clusterNode(url, []);
		far = clusterNode(url, [farService()]);
		await Promise.all([near.start(), far.start()]);
		await near.waitForServices("far", 5000);
		stranger = await connect({ servers: url });
	});
	afterAll(async () => {
		await stranger.close();
		await Promise.all([near.stop(), far.stop()]);
	});
	beforeEach(() => {
		heard = [];
	});

	/** Everything that is sent to a topic from now on: the server has the subscription when this resolves. */
	async function tap(topic: string): Promise<{ topic: string; data: Uint8Array }[]> {
		const seen: { topic: string; data: Uint8Array }[] = [];
		stranger.subscribe(topic, {
			callback: (_, { subject, data }) => seen.push({ topic: subject, data: data.slice() }),
		});
		await stranger.flush();
		return seen;
	}

	/** Sends a packet as a stranger would, and resolves when the others have had it and what follows it. */
	async function forge(topic: string, packet: object | Uint8Array): Promise<void> {
		stranger.publish(topic, packet instanceof Uint8Array ? packet : JSON.stringify(packet));
		await stranger.flush();
		await near.call(echo.name, { text: "after" });
	}

	test("calls and events arrive", async () => {
		expect(await near.call(echo.name, { text: "hello" })).toEqual({ text: "hello" });
		await near.broadcast("something.happened", { text: "once" });
		await until(() => heard.includes("event once"));
	});

	test("many at once arrive, each once and in order", async () => {
		const texts = Array.from({ length: 500 }, (_, index) => `call ${index}`);
		const answers = await Promise.all(texts.map((content) => near.call(echo.name, { text: content })));
		expect(answers).toEqual(texts.map((content) => ({ text: content })));
		expect(heard).toEqual(texts.map((content) => `echo ${content}`));
	});

	test("packets larger than the server takes arrive, there and back", async () => {
		const content = "ü".repeat(1_700_000);
		const answer = await near.call<{ text: string }, object>(echo.name, { text: content });
		expect(answer.text === content).toBe(true);
	});

	test("a forged request is not served", async () => {
		const packet = { ver: "5", sender: near.nodeID, id: "1", action: echo.name, params: { text: "forged" }, meta: {} };
		await forge(`MOL-conductor.REQ.${far.nodeID}`, packet);
		expect(heard).toEqual(["echo after"]);
		expect(refusals(far)).toMatchObject({ unsigned: 1 });
	});

	test("a forged event is not heard", async () => {
		const packet = { ver: "5", sender: near.nodeID, id: "1", event: "something.happened", data: { text: "forged" } };
		await forge(`MOL-conductor.EVENT.${far.nodeID}`, packet);
		expect(heard).toEqual(["echo after"]);
	});

	test("a forged answer is not taken", async () => {
		const requests = await tap(`MOL-conductor.REQ.${far.nodeID}`);
		const answerAsAStranger = async () => {
			let id: string | undefined;
			await until(() => {
				// Before the packet stands its seal, which can hold any bytes.
				const texts = requests.map(({ data }) => Buffer.from(data).toString("latin1"));
				id = texts.find((text) => text.includes(hang.name))?.match(/"id":"([^"]+)"/)?.[1];
				return id;
			});
			const packet = { ver: "5", sender: far.nodeID, id, success: true, data: { text: "forged" }, meta: {} };
			await forge(`MOL-conductor.RES.${near.nodeID}`, packet);
			release({ text: "genuine" });
		};
		const [answer] = await Promise.all([near.call(hang.name), answerAsAStranger()]);
		expect(answer).toEqual({ text: "genuine" });
	});

	test("nobody is told to leave, or to know other nodes, by a stranger", async () => {
		await forge("MOL-conductor.DISCONNECT", { ver: "5", sender: far.nodeID });
		const services = [{ name: "evil", fullName: "evil", actions: { "far.echo": { name: echo.name } }, events: {} }];
		const info = { ver: "5", sender: "evil", services, config: {}, ipList: [], hostname: "", client: {}, seq: 1 };
		await forge("MOL-conductor.INFO", { ...info, instanceID: "evil" });
		const nodes = near.registry.getNodeList({ onlyAvailable: true }) as { id: string }[];
		expect(nodes.map(({ id }) => id).sort()).toEqual([near.nodeID, far.nodeID].sort());
	});

	test("a captured packet is worth nothing: neither again, nor to another topic, nor with other content", async () => {
		const captured = await tap("MOL-conductor.REQ.>");
		await near.call(echo.name, { text: "genuine" });
		await until(() => captured.length === 1);
		const { topic, data } = captured[0] as (typeof captured)[number];
		heard = [];
		await forge(topic, data);
		await forge(`MOL-conductor.EVENT.${far.nodeID}`, data);
		await forge(`MOL-conductor.REQ.${near.nodeID}`, data);
		const changed = Buffer.from(Buffer.from(data).toString("latin1").replace("genuine", "changed"), "latin1");
		await forge(topic, changed);
		expect(heard).toEqual(["echo after", "echo after", "echo after", "echo after"]);
		expect(refusals(far)).toMatchObject({ replayed: 1, forged: 2 });
		expect(refusals(near)).toMatchObject({ forged: 1 });
	});

	test("a process with another secret is not part of it", async () => {
		const other = clusterNode(url, [farService()], { CLUSTER_SECRET: `not-${CLUSTER_SECRET}` });
		await other.start();
		await expect(other.call(echo.name, { text: "x" }, { nodeID: far.nodeID })).rejects.toThrow(
			Errors.ServiceNotFoundError,
		);
		const nodes = near.registry.getNodeList({ onlyAvailable: true }) as { id: string }[];
		expect(nodes.map(({ id }) => id)).not.toContain(other.nodeID);
		expect(refusals(near).forged).toBeGreaterThan(0);
		await other.stop();
	});
});

withNats("a server that comes and goes", () => {
	test("a process starts before its server, and finds the others then", async () => {
		const late = await startNats({ later: true });
		if (!late) return;
		const [near, far] = [clusterNode(late.url, []), clusterNode(late.url, [farService()])];
		let started = false;
		const start = Promise.all([near.start(), far.start()]).then(() => {
			started = true;
		});
		await expect(until(() => started, 700)).rejects.toThrow();
		await late.restart();
		await start;
		await near.waitForServices("far", 5000);
		expect(await near.call(echo.name, { text: "hello" })).toEqual({ text: "hello" });
		await Promise.all([near.stop(), far.stop()]);
		await late.stop();
	}, 20_000);

	test("calls wait for a server that is started anew, and are told soon when it stays away", async () => {
		const own = await startNats();
		if (!own) return;
		const [near, far] = [clusterNode(own.url, []), clusterNode(own.url, [farService()])];
		await Promise.all([near.start(), far.start()]);
		await near.waitForServices("far", 5000);
		await own.kill();
		await until(() => !transporterOf(near).isUp);
		const [answer] = await Promise.all([near.call(echo.name, { text: "during" }), own.restart()]);
		expect(answer).toEqual({ text: "during" });
		await own.kill();
		await until(() => !transporterOf(near).isUp);
		const since = performance.now();
		await expect(near.call(command.name)).rejects.toMatchObject({ type: "BAD_GATEWAY" });
		expect(performance.now() - since).toBeLessThan(5000);
		await own.restart();
		await until(() => near.call(command.name), 5000);
		await Promise.all([near.stop(), far.stop()]);
		await own.stop();
	}, 40_000);

	test("a process stops while its server is away, and while it was never there", async () => {
		const own = await startNats();
		if (!own) return;
		const [node, waiting] = [clusterNode(own.url, []), clusterNode("nats://127.0.0.1:1", [])];
		await node.start();
		void waiting.start();
		await own.kill();
		await node.stop();
		await waiting.stop();
		await own.stop();
	}, 15_000);
});
