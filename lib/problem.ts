/** One thing wrong with the input: where (JSON pointer into the body, or the parameter's name) and why. */
export interface ProblemItem {
	pointer: string;
	code: string;
	message: string;
}

interface ProblemOptions {
	errors?: ProblemItem[];
	/** further members of the problem document, such as `existingId` or `followUpUrl` */
	extra?: Record<string, unknown>;
	/** response headers that belong to this problem, such as `Retry-After` */
	headers?: Record<string, string>;
	cause?: unknown;
}

/**
 * An error that a client is told about, as RFC 9457 problem+json. It carries everything the gateway needs, from the
 * place that knows. The property names are those Moleculer keeps when an error crosses a process boundary:
 * `code` is the HTTP status, `type` the stable code, `data` the rest.
 */
export class Problem extends Error {
	readonly code: number;
	readonly type: string;
	readonly retryable = false;
	readonly data: {
		problem: true;
		errors?: ProblemItem[];
		extra?: Record<string, unknown>;
		headers?: Record<string, string>;
	};

	constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
		super(detail, options.cause === undefined ? undefined : { cause: options.cause });
		this.name = "Problem";
		this.code = status;
		this.type = code;
		this.data = { problem: true };
		if (options.errors) this.data.errors = options.errors;
		if (options.extra) this.data.extra = options.extra;
		if (options.headers) this.data.headers = options.headers;
	}
}

/** Whether an error is a Problem, also one that came back over the transporter as a plain Moleculer error. */
export function isProblem(error: unknown): error is Problem {
	const candidate = error as { code?: unknown; data?: { problem?: unknown } } | null;
	return typeof candidate?.code === "number" && candidate.data?.problem === true;
}

/** 404 for what is not there, belongs to another tenant, or lies outside the caller's reach: one answer for all three. */
export function notFound(what: string): Problem {
	return new Problem(404, "not_found", `There is no such ${what}.`);
}

/** 403 for what the caller may see but not do. */
export function forbidden(detail: string): Problem {
	return new Problem(403, "forbidden", detail);
}

/** 422 with one item for each thing wrong. */
export function validationFailed(errors: ProblemItem[]): Problem {
	const [first] = errors;
	const detail = errors.length === 1 && first ? first.message : `${errors.length} fields are not acceptable.`;
	return new Problem(422, "validation_failed", detail, { errors });
}

/** 422 for one field of the body. */
export function invalidField(pointer: string, message: string, code = "invalid"): Problem {
	return validationFailed([{ pointer, code, message }]);
}
