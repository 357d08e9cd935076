// Ends with 0 where the process of this container is ready to serve, else with 1.
const port = process.env.OPERATIONS_PORT ?? process.env.PORT ?? "3000";
const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(4000) }).catch(
	() => null,
);
process.exit(answer?.ok ? 0 : 1);
