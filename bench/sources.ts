import { parseArgs } from 'node:util';
import { publicKeyLine } from '../test/helpers/keys.ts';
import { eventually, withReceiver } from '../test/helpers/receiver.ts';

/** How long a receiver takes to put a sources.yaml of many sources in force, folders and keys of all of them included. */
const { values } = parseArgs({
  options: {
    sources: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

const measure = async (count: number): Promise<number> => {
  await using receiver = await withReceiver();
  const sources = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`host-${index}`, { uid: 20_000 + index, keys: [publicKeyLine()] }]),
  );
  await receiver.writeSources(sources);
  const inForce = new RegExp(`"sources":${count},"tookMs":(\\d+)`);
  await eventually('it is in force', 60_000, async () => inForce.test(receiver.log));
  return Number(inForce.exec(receiver.log)?.[1]);
};

const count = Number(values.sources);
const took: number[] = [];
for (let round = 0; round < Number(values.rounds); round += 1) took.push(await measure(count));
const medianMs = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? Number.NaN;
process.stdout.write(
  values.json
    ? `${JSON.stringify({ sources: count, applyMs: took, medianMs })}\n`
    : `${count} sources in force after ${medianMs} ms (median of ${took.join(', ')})\n`,
);
