import { connect } from "node:net";

/** Sends bytes as they are and resolves with everything that comes back until the server closes or `until` matches. */
export function sendRaw(port: number, bytes: string, until: RegExp = /\r\n\r\n/, timeoutMs = 5000): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		let received = "";
		const done = () => {
			socket.destroy();
			resolve(received);
		};
		socket.setTimeout(timeoutMs, () => {
			socket.destroy();
			reject(new Error(`no answer within ${timeoutMs} ms; got ${JSON.stringify(received)}`));
		});
		socket.on("data", (chunk) => {
			received += chunk.toString("latin1");
			if (until.test(received)) done();
		});
		socket.on("close", done);
		socket.on("error", () => undefined);
		socket.write(bytes);
	});
}
