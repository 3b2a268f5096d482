import { parseArgs } from 'node:util';
import { makeFleet } from './slots/fleet.ts';
import { planners } from './slots/planners/planners.ts';
import { formatResults, resultsOf } from './slots/results.ts';

/**
 * `npm run bench:slots`: a month of a fleet on virtual time, once with berth's coordinator, once with random delays, once with
 * crontabs staggered by hand. bench/slots/measure.ts says what the figures are. The same seed gives the same figures, but for
 * the time that planning took. Ends with 1 unless berth has the lower peak and the lower lateness in every fleet.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sources: { type: 'string', default: '50,1000,10000' },
    days: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const sizes = values.sources.split(',').map(Number);
const [days, seed] = [Number(values.days), Number(values.seed)];
if (![...sizes, seed].every((number) => Number.isSafeInteger(number) && number >= 1) || !(days >= 5 && days <= 60)) {
  throw new Error('write --sources 50,1000 --days 30 --seed 1');
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const results = sizes.flatMap((sources) => {
  const fleet = makeFleet({ sources, days, seed });
  const ofFleet = planners.map((planner) => resultsOf(fleet, planner));
  say(formatResults(fleet, ofFleet));
  return ofFleet;
});

const official = results.filter(({ variant }) => variant === null);
const beaten = official.every(
  ({ sources, planner, peak, p99LateMinutes }) =>
    planner !== 'berth' ||
    official.every(
      (other) =>
        other.sources !== sources ||
        other.planner === 'berth' ||
        (peak < other.peak && p99LateMinutes < other.p99LateMinutes),
    ),
);
say(`berth has the lower peak and the lower lateness in ${beaten ? 'every' : 'not every'} fleet (seed ${seed})`);
if (values.json) {
  say(
    JSON.stringify(
      official.map(({ sources, planner, inWindow, peak, p99LateMinutes, planMs, movedOnAdd }) => ({
        sources,
        planner,
        inWindow,
        peak,
        p99LateMinutes,
        planMs,
        movedOnAdd,
      })),
    ),
  );
}
process.exitCode = beaten ? 0 : 1;
