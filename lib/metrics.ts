import { createRequire } from "node:module";
import type { Registry } from "prom-client";
import { Histogram } from "./histogram.ts";
import { lazy } from "./lazy.ts";
import {
	type CounterName,
	type GaugeName,
	type HistogramName,
	type LabelsOf,
	METRICS,
	type MetricDefinition,
} from "./metric-names.ts";
import { within } from "./within.ts";

/** One value of a gauge at the moment of a scrape. */
export interface Reading<Name extends GaugeName = GaugeName> {
	labels: LabelsOf<Name>;
	value: number;
}

/** One line of Prometheus' text format. */
interface Value {
	metricName?: string;
	labels: Record<string, string | number>;
	value: number;
}

interface Series<T> {
	labels: Record<string, string>;
	value: T;
}

type Name = keyof typeof METRICS;

const prometheus = lazy(() => createRequire(import.meta.url)("prom-client") as typeof import("prom-client"));

/** How long a reading of a gauge is good for, ms: several scrapers cost no more than one. */
const FRESH_MS = 3000;
/** How long a gauge may take to be read before it is left out, ms. */
const PATIENCE_MS = 2000;

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * The numbers of one process. Counting costs nanoseconds and never fails; whatever is expensive is read when Prometheus
 * asks, once in some seconds. The library that writes the text is loaded at the first scrape, so that no start waits
 * for it.
 */
export class Metrics {
	private readonly counters = new Map<Name, Map<string, Series<{ count: number }>>>();
	private readonly histograms = new Map<Name, Map<string, Series<Histogram>>>();
	private readonly readers = new Map<Name, Set<() => Promise<Reading[]> | Reading[]>>();
	private readonly fresh = new Map<Name, { until: number; values: Promise<Value[]> }>();
	private readonly registry = lazy(() => this.openRegistry());

	readonly contentType = CONTENT_TYPE;

	/** Counts something that happened. */
	count<N extends CounterName>(name: N, labels: LabelsOf<N>, by = 1): void {
		this.series(this.counters, name, labels, () => ({ count: 0 })).count += by;
	}

	/** The histogram of one combination of labels, to be kept by whoever observes often. */
	histogram<N extends HistogramName>(name: N, labels: LabelsOf<N>): Histogram {
		return this.series(this.histograms, name, labels, () => new Histogram());
	}

	/**
	 * Names a source of a gauge, asked when Prometheus asks. Several may give readings of one gauge; those with the same
	 * labels are added up. A source that fails or is slow is left out and counted. Returns how to take it away again.
	 */
	gauge<N extends GaugeName>(name: N, read: () => Promise<Reading<N>[]> | Reading<N>[]): () => void {
		const readers = this.readers.get(name) ?? new Set();
		this.readers.set(name, readers);
		readers.add(read as () => Promise<Reading[]>);
		this.fresh.delete(name);
		return () => readers.delete(read as () => Promise<Reading[]>);
	}

	/** All of it in Prometheus' text format. */
	text(): Promise<string> {
		return this.registry().metrics();
	}

	private series<T>(
		all: Map<Name, Map<string, Series<T>>>,
		name: Name,
		labels: Record<string, string>,
		make: () => T,
	): T {
		let family = all.get(name);
		if (!family) {
			family = new Map();
			all.set(name, family);
		}
		const key = keyOf(name, labels);
		let series = family.get(key);
		if (!series) {
			series = { labels: { ...labels }, value: make() };
			family.set(key, series);
		}
		return series.value;
	}

	private openRegistry(): Registry {
		const { collectDefaultMetrics, Registry: RegistryOf } = prometheus();
		const registry = new RegistryOf();
		collectDefaultMetrics({ register: registry });
		for (const [name, definition] of Object.entries(METRICS) as [Name, MetricDefinition][]) {
			const get = async () => ({ name, help: definition.help, type: definition.type, values: await this.values(name) });
			registry.registerMetric({ name, get } as never);
		}
		return registry;
	}

	private values(name: Name): Promise<Value[]> | Value[] {
		const { type } = METRICS[name];
		if (type === "gauge") return this.readGauge(name);
		if (type === "counter") return this.counted(name);
		return [...(this.histograms.get(name)?.values() ?? [])].flatMap(({ labels, value }) =>
			value.lines().map((line) => ({
				metricName: `${name}_${line.suffix}`,
				labels: line.le === undefined ? labels : { ...labels, le: line.le },
				value: line.value,
			})),
		);
	}

	private counted(name: Name): Value[] {
		const family = [...(this.counters.get(name)?.values() ?? [])];
		// A counter without labels is there from the beginning, so that its first step can be seen.
		if (family.length === 0 && METRICS[name].labels.length === 0) return [{ labels: {}, value: 0 }];
		return family.map(({ labels, value }) => ({ labels, value: value.count }));
	}

	private readGauge(name: Name): Promise<Value[]> {
		const now = performance.now();
		const known = this.fresh.get(name);
		if (known && known.until > now) return known.values;
		const values = this.askReaders(name);
		this.fresh.set(name, { until: now + FRESH_MS, values });
		return values;
	}

	private async askReaders(name: Name): Promise<Value[]> {
		const readings = await Promise.all(
			[...(this.readers.get(name) ?? [])].map((read) =>
				within(PATIENCE_MS, (async () => read())()).catch(() => {
					this.count("conductor_scrape_failures_total", { metric: name });
					return [];
				}),
			),
		);
		const summed = new Map<string, Value>();
		for (const { labels, value } of readings.flat()) {
			const key = keyOf(name, labels);
			const same = summed.get(key);
			if (same) same.value += value;
			else summed.set(key, { labels, value });
		}
		return [...summed.values()];
	}
}

function keyOf(name: Name, labels: Record<string, string>): string {
	let key = "";
	for (const label of METRICS[name].labels) key += `${labels[label]}\n`;
	return key;
}
