import { seededRandom } from '../test/helpers/random.ts';
import { eventually, withReceiver } from '../test/helpers/receiver.ts';
import type { Experiment } from './experiment.ts';
import { raceOn } from './support/races.ts';

/** A source of its own for each batch, since a race over `config` needs one without, and no journal grows out of measure. */
const batch = 500;

/** Eight sessions of one source send one name at the same time: the same bytes, other bytes, and the one config. */
export const racesExperiment: Experiment = {
  id: 7,
  name: 'same-name uploads racing from 8 sessions',
  run: async ({ full, say, signal, seed }) => {
    const races = full ? 10_000 : 300;
    const random = seededRandom(seed);
    await using receiver = await withReceiver();
    const sources = new Map<string, Awaited<ReturnType<typeof receiver.makeKey>>>();
    for (let from = 0; from < races; from += batch) sources.set(`racer-${from}`, await receiver.makeKey());
    const entries = [...sources].map(
      ([name, { line }], index) => [name, { uid: 31_001 + index, keys: [line] }] as const,
    );
    await receiver.writeSources(Object.fromEntries(entries));

    const started = performance.now();
    const wrong: string[] = [];
    let done = 0;
    let same = 0;
    for (const [source, key] of sources) {
      await eventually('the source gets in', 15_000, () => receiver.letsIn(source, key));
      const count = Math.min(batch, races - done);
      const result = await raceOn({ receiver, source, key, count, random, signal });
      for (const words of result.wrong.slice(0, 10)) say(words);
      wrong.push(...result.wrong);
      done += count;
      same += result.same;
      say(`${done} races, ${wrong.length} wrong`);
    }
    const each = (performance.now() - started) / races;
    return {
      many: `${done} races of 8 sessions`,
      lost: `${wrong.length} wrong`,
      figure: `${same} answers 200 to others with the winner’s bytes; ${each.toFixed(0)} ms a race`,
      held: wrong.length === 0 && done === races && same > 0,
    };
  },
};
