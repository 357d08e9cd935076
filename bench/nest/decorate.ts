import "reflect-metadata";

type Decorated = new (...args: never[]) => object;
// biome-ignore lint/suspicious/noExplicitAny: decorators of a library that types them for a compiler only
type Decorator = (...args: any[]) => unknown;

/** Applies decorators to a method, which Node's own type stripping has no syntax for. */
export function decorate(target: Decorated, method: string, ...decorators: Decorator[]): void {
	const descriptor = Object.getOwnPropertyDescriptor(target.prototype, method);
	for (const decorator of decorators) decorator(target.prototype, method, descriptor);
}
