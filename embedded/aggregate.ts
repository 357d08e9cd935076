import { createRequire } from "node:module";
import { lazy } from "../lib/lazy.ts";
import { serverError, UnsupportedByEmbeddedStore } from "./errors.ts";
import { parseFilter } from "./filter.ts";
import { compileMatcher } from "./matcher.ts";
import { type Query, sortRows } from "./scan.ts";
import { readSort } from "./sort.ts";
import { type Doc, isDoc } from "./values.ts";

/** Services hardly ever aggregate: mingo, which takes its time to load, comes with the first stage that needs it. */
const mingo = lazy(() => createRequire(import.meta.url)("mingo") as typeof import("mingo"));

/** Stages that mingo computes on the documents in memory. */
const COMPUTED = new Set([
	"$addFields",
	"$count",
	"$facet",
	"$group",
	"$project",
	"$replaceRoot",
	"$replaceWith",
	"$set",
	"$sortByCount",
	"$unset",
	"$unwind",
]);

const PUSHED = ["$match", "$sort", "$skip", "$limit"];

/** A pipeline split into the query the collection answers by its indexes and the stages left to do in memory. */
export interface SplitPipeline {
	readonly query: Query;
	readonly rest: Doc[];
}

/**
 * Checks a pipeline and takes its leading `$match`, `$sort`, `$skip` and `$limit` as a query.
 *
 * @throws UnsupportedByEmbeddedStore naming the stage that this store lacks.
 */
export function splitPipeline(pipeline: readonly Doc[]): SplitPipeline {
	for (const stage of pipeline) assertStage(stage);
	let next = 0;
	const take = (stage: string): unknown => {
		const content = pipeline[next]?.[stage];
		if (content !== undefined) next++;
		return content;
	};
	const [filter, sort, skip, limit] = PUSHED.map(take);
	return {
		query: { filter: filter ?? {}, sort, skip: skip as number | undefined, limit: limit as number | undefined },
		rest: pipeline.slice(next),
	};
}

function assertStage(stage: Doc): void {
	const names = isDoc(stage) ? Object.keys(stage) : [];
	if (names.length !== 1) throw serverError("FailedToParse", "A pipeline stage must have exactly one field");
	const [name] = names;
	if (!COMPUTED.has(name!) && !PUSHED.includes(name!))
		throw new UnsupportedByEmbeddedStore(`the pipeline stage ${name}`);
	if (name === "$facet") {
		for (const pipeline of Object.values(stage.$facet as Record<string, Doc[]>)) pipeline.forEach(assertStage);
	}
}

/** Runs stages on documents in memory. Filters and sorts mean the same as in `find`; the rest is mingo's. */
export function runStages(docs: Doc[], stages: readonly Doc[]): Doc[] {
	return stages.reduce(runStage, docs);
}

function runStage(docs: Doc[], stage: Doc): Doc[] {
	const [[name, content]] = Object.entries(stage) as [[string, unknown]];
	switch (name) {
		case "$match":
			return docs.filter(compileMatcher(parseFilter(content)));
		case "$sort":
			return sortRows(
				docs.map((doc) => ({ doc })),
				readSort(content),
			).map(({ doc }) => doc);
		case "$skip":
			return docs.slice(content as number);
		case "$limit":
			return docs.slice(0, content as number);
		case "$facet": {
			const facets = Object.entries(content as Record<string, Doc[]>);
			return [Object.fromEntries(facets.map(([facet, stages]) => [facet, runStages(docs, stages)]))];
		}
		default:
			return new (mingo().Aggregator)([stage]).run(docs) as Doc[];
	}
}
