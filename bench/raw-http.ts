// The baseline: the shortest server Node can be, answering with the bytes it was given as `ANSWER`.
import { createServer } from "node:http";

const answer = Buffer.from(process.env.ANSWER ?? "{}");
const headers = { "content-type": "application/json", "content-length": answer.length };

const server = createServer((req, res) => {
	const chunks: Buffer[] = [];
	req.on("data", (chunk: Buffer) => chunks.push(chunk));
	req.on("end", () => {
		if (chunks.length > 0) JSON.parse(Buffer.concat(chunks).toString());
		res.writeHead(req.method === "POST" ? 201 : 200, headers);
		res.end(answer);
	});
});
server.listen(0, "127.0.0.1", () => {
	const address = server.address();
	if (address && typeof address === "object") console.log(`raw http listens on http://127.0.0.1:${address.port}`);
});
