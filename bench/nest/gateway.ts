// A Nest gateway on Fastify that does the least a gateway must: it looks a bearer token up in memory, counts the request
// against a limit in memory, asks the service through NATS, and answers JSON.
import {
	type CanActivate,
	Controller,
	type ExecutionContext,
	Get,
	HttpException,
	Inject,
	Module,
	UseGuards,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { type ClientProxy, ClientsModule, Transport } from "@nestjs/microservices";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { firstValueFrom } from "rxjs";
import { decorate } from "./decorate.ts";

const known = new Map([[`Bearer ${process.env.TOKEN}`, { tenantId: "t1", left: 100_000_000 }]]);

class TokenGuard implements CanActivate {
	canActivate(context: ExecutionContext): boolean {
		const caller = known.get(context.switchToHttp().getRequest().headers.authorization);
		if (!caller) throw new HttpException("This needs a credential.", 401);
		if (caller.left-- <= 0) throw new HttpException("There were too many requests.", 429);
		return true;
	}
}

class MeController {
	private readonly service: ClientProxy;

	constructor(service: ClientProxy) {
		this.service = service;
	}

	me(): Promise<unknown> {
		return firstValueFrom(this.service.send("me", { tenantId: "t1" }));
	}
}
Controller("api")(MeController);
Inject("SERVICE")(MeController, undefined, 0);
decorate(MeController, "me", Get("me"), UseGuards(TokenGuard));

class GatewayModule {}
const options = { servers: [process.env.NATS_URL ?? ""] };
Module({
	imports: [ClientsModule.register([{ name: "SERVICE", transport: Transport.NATS, options }])],
	controllers: [MeController],
})(GatewayModule);

const app = await NestFactory.create<NestFastifyApplication>(GatewayModule, new FastifyAdapter(), { logger: false });
await app.listen(0, "127.0.0.1");
console.log(`a Nest gateway listens on ${await app.getUrl()}`);
process.once("SIGTERM", () => void app.close().then(() => process.exit(0)));
