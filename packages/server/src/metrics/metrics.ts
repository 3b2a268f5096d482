import { Gauge, Registry } from 'prom-client';
import type { Overview } from '../monitor/overview.ts';
import { labelValue } from './label.ts';
import type { Measure, Sample } from './measure.ts';
import { phoneMeasures } from './phones.ts';
import { serverMeasures } from './server.ts';
import { sourceMeasures } from './sources.ts';

/** The media type that `metricsOf` has to be served with. */
export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE;

/** All that `metricsOf` tells; docs/monitoring/metrics.md explains each, and a test holds the two together. */
export const measures: readonly Measure[] = [...serverMeasures, ...sourceMeasures, ...phoneMeasures];

/**
 * The overview in Prometheus's text format (https://prometheus.io/docs/instrumenting/exposition_formats/). Every name is there
 * with its help; what is not known has no sample. A source has at most 41 of them, a phone 9 more, and one for each kind of its open
 * conditions; the server itself 16, and three for each code of a condition. Whoever asks for the same overview again, or meanwhile, is given
 * the same text: with 10,000 sources it takes seconds to make, and it goes with the overview.
 */
export const metricsOf = (overview: Overview): Promise<string> => {
  const known = made.get(overview) ?? textOf(overview);
  made.set(overview, known);
  return known;
};

const made = new WeakMap<Overview, Promise<string>>();

const textOf = async (overview: Overview): Promise<string> => {
  const registry = new Registry();
  const cleaned = cleaner();
  for (const { name, help, labels, samples } of measures) {
    const gauge = new GaugeOfNow({ name, help, labelNames: [...labels], registers: [registry] });
    // One without labels begins at 0, which would be said of what is not known.
    if (labels.length === 0) gauge.remove();
    for (const sample of samples(overview)) gauge.set(cleaned(sample.labels), sample.value);
  }
  return registry.metrics();
};

/**
 * prom-client keeps what it made of the labels that samples share, weakly, by their object: one for each sample that names none, which costs
 * more than all the rest. One for all is what it is meant for, and where it is not looked at it does no harm.
 */
class GaugeOfNow extends Gauge {
  override async get() {
    const told = await super.get();
    return { ...told, values: told.values.map((sample) => ({ ...sample, sharedLabels: noneShared })) };
  }
}

const noneShared = {};

/** Cleans each value once: a thousand sources come forty times each. */
const cleaner = () => {
  const known = new Map<string, string>();
  const once = (text: string): string => {
    const cleaned = known.get(text) ?? labelValue(text);
    known.set(text, cleaned);
    return cleaned;
  };
  return (labels: Sample['labels']): Record<string, string> => {
    const cleaned: Record<string, string> = {};
    for (const name of Object.keys(labels)) cleaned[name] = once(labels[name] ?? '');
    return cleaned;
  };
};
