import { createRequire } from "node:module";
import { lazy } from "./lazy.ts";

/** Calendar days, weeks and months of a time zone; loaded when first asked for. */
export const temporal = lazy(
	() => (createRequire(import.meta.url)("temporal-polyfill") as typeof import("temporal-polyfill")).Temporal,
);
