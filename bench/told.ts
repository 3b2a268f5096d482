import { parseArgs } from 'node:util';
import { conditionOf, startMs, Watcher } from '../packages/server/src/alerts/testing.ts';
import { renderDigest } from '../packages/server/src/digest/render.ts';
import { exampleFacts as digestFacts } from '../packages/server/src/digest/testing.ts';
import { metricsOf } from '../packages/server/src/metrics/metrics.ts';
import { exampleFleet, exampleOverview } from '../packages/server/src/monitor/testing.ts';
import { filterOf } from '../packages/server/src/page/fleet/filter.ts';
import { fleetPage } from '../packages/server/src/page/fleet/fleet.ts';
import { exampleNight } from '../packages/server/src/page/testing.ts';

/**
 * What it costs to tell people of a fleet: the digest, the page, the metrics, and one look at the alerts, for a small fleet and beside it
 * ten and a hundred times as many. Milliseconds, the quickest of some rounds.
 */
const { values } = parseArgs({
  options: {
    sources: { type: 'string', default: '100,1000,10000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);

const quickest = async (work: () => unknown): Promise<number> => {
  const took: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const began = performance.now();
    await work();
    // The first is the compiler's.
    if (round > 0) took.push(performance.now() - began);
  }
  return Math.min(...took);
};

const measure = async (sources: number) => {
  const overview = exampleOverview({ sources: exampleFleet(sources) });
  const night = exampleNight(sources);
  const conditions = Array.from({ length: sources }, (_, index) => conditionOf('overdue', `m${index}`, startMs));
  const watcher = new Watcher();
  watcher.stay(startMs, startMs + 1_200_000, conditions, 600_000);
  let nowMs = startMs + 1_200_000;
  return {
    sources,
    digestMs: await quickest(() => renderDigest(digestFacts({ sources: overview.sources }))),
    pageMs: await quickest(() => fleetPage(night, [], filterOf(new URLSearchParams())).main.toString()),
    metricsMs: await quickest(() => metricsOf({ ...overview })),
    alertsMs: await quickest(() => {
      nowMs += 60_000;
      watcher.look(nowMs, conditions);
    }),
  };
};

const measured = [];
for (const sources of values.sources.split(',').map(Number)) measured.push(await measure(sources));
if (values.json) process.stdout.write(`${JSON.stringify(measured)}\n`);
else {
  process.stdout.write('sources   digest     page  metrics  alerts (ms)\n');
  for (const { sources, digestMs, pageMs, metricsMs, alertsMs } of measured) {
    const cells = [digestMs, pageMs, metricsMs, alertsMs].map((ms) => ms.toFixed(1));
    const [digest = '', page = '', metrics = '', alerts = ''] = cells;
    process.stdout.write(
      `${String(sources).padStart(7)} ${digest.padStart(8)} ${page.padStart(8)} ${metrics.padStart(8)} ${alerts.padStart(7)}\n`,
    );
  }
}
