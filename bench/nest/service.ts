// The other half of the comparison: a Nest service that answers a message from NATS with the bytes it was given.
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { MessagePattern, Transport } from "@nestjs/microservices";
import { decorate } from "./decorate.ts";

const answer: unknown = JSON.parse(process.env.ANSWER ?? "{}");

class MeController {
	me(): unknown {
		return answer;
	}
}
Controller()(MeController);
decorate(MeController, "me", MessagePattern("me"));

class ServiceModule {}
Module({ controllers: [MeController] })(ServiceModule);

const options = { servers: [process.env.NATS_URL ?? ""], queue: "me" };
const app = await NestFactory.createMicroservice(ServiceModule, { transport: Transport.NATS, options, logger: false });
await app.listen();
// The benchmark waits for such a line of each process.
console.log("a Nest service listens on http://none");
process.once("SIGTERM", () => void app.close().then(() => process.exit(0)));
