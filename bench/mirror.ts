import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseJson } from '@berth/common/parse-json.ts';
import { execa } from 'execa';
import { z } from 'zod';
import { passResultSchema } from '../packages/server/src/ingest/mirror/pass.ts';
import { buildInto } from '../scripts/build.ts';
import { round } from './table.ts';

/**
 * `npm run bench:mirror`: a pass of a phone's mirror over files of which none has changed, by the program as it is released, from its start
 * to its end, and beside it `rsync -rt` over the same two folders. Seconds, the quickest and the middle of some rounds, which take turns. Ends
 * with 1 when a full number of files takes the quickest pass longer than it may.
 */
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '7' },
    within: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const [files, rounds, within] = [values.files, values.rounds, values.within].map(Number);
if (files === undefined || rounds === undefined || within === undefined || !(files > 0 && rounds > 0))
  throw new Error('write --files 100000 --rounds 7 --within 2');

const perFolder = 1000;

const makePhone = async (ingest: string): Promise<void> => {
  await mkdir(join(ingest, '.stfolder'), { recursive: true });
  for (let first = 0; first < files; first += perFolder) {
    const folder = join(ingest, 'DCIM', String(first / perFolder).padStart(4, '0'));
    await mkdir(folder, { recursive: true });
    const names = Array.from({ length: Math.min(perFolder, files - first) }, (_, at) => `IMG_${first + at}.jpg`);
    await Promise.all(
      names.map(async (name, at) => {
        await writeFile(join(folder, name), `photo ${first + at}`);
        await utimes(join(folder, name), 1_600_000_000 + at, 1_600_000_000 + at);
      }),
    );
  }
};

const answer = z.object({ result: passResultSchema });

const seconds = async <Value>(work: () => Promise<Value>) => {
  const began = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - began) / 1000 };
};

const top = await mkdtemp(join(tmpdir(), 'berth-bench-mirror-'));
try {
  const [ingest, target, state] = [join(top, 'ingest'), join(top, 'media'), join(top, 'state')];
  for (const folder of [target, state]) await mkdir(folder);
  await makePhone(ingest);
  const rsync = () => execa('rsync', ['-rt', `${ingest}/DCIM`, `${target}/`]);
  const words = JSON.stringify({
    ...{
      ingest,
      target,
      to: target,
      state,
      from: ['DCIM'],
      exclude: [],
      layout: 'as-is',
      readableBy: 'group',
      types: 'media',
    },
    ...{ settleMs: 0, floorBytes: 0, timeZone: 'UTC', marker: '.stfolder' },
  });
  const built = join(top, 'built');
  await buildInto(built);
  const program = join(built, 'ingest.mjs');
  const pass = async () => {
    const run = await execa(process.execPath, [
      program,
      'mirror',
      '--source',
      'bench',
      '--directory',
      state,
      '--args',
      words,
    ]);
    return answer.parse(parseJson(run.stdout)).result;
  };
  await rsync();
  await execa('sync', ['-f', target]);
  // What rsync copied is found, compared byte for byte, and taken: as after a lost index.
  const first = await seconds(pass);
  if (first.value.files !== files || first.value.copied > 0) throw new Error(JSON.stringify(first.value));
  const took = { berth: [] as number[], inside: [] as number[], rsync: [] as number[] };
  for (let at = 0; at < rounds; at += 1) {
    const own = await seconds(pass);
    took.berth.push(own.seconds);
    took.inside.push(own.value.tookMs / 1000);
    took.rsync.push((await seconds(rsync)).seconds);
  }
  const of = (all: readonly number[]) => ({
    quickest: round(Math.min(...all), 2),
    middle: round(all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? Number.NaN, 2),
  });
  const result = {
    files,
    berth: of(took.berth),
    inside: of(took.inside),
    rsync: of(took.rsync),
    lostIndexSeconds: round(first.seconds, 1),
  };
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    process.stdout.write(`${files} files, none changed   quickest   middle (s)\n`);
    for (const name of ['berth', 'inside', 'rsync'] as const)
      process.stdout.write(
        `${name.padEnd(22)} ${String(result[name].quickest).padStart(12)} ${String(result[name].middle).padStart(8)}\n`,
      );
    process.stdout.write(`after a lost index: ${result.lostIndexSeconds} s\n`);
  }
  if (files >= 100_000 && result.berth.quickest > within) process.exitCode = 1;
} finally {
  await rm(top, { recursive: true, force: true });
}
