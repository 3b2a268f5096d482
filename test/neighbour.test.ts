import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { differences, Machine } from './helpers/machine.ts';
import { eventually, isRoot } from './helpers/receiver.ts';
import { type RestClient, randomObject, restClientOf } from './helpers/rest-client.ts';
import { withSmallDisk } from './helpers/small-disk.ts';

/** Everything a client can do to be a nuisance, at once and without end, until it is told to stop. */
const attack = async (client: RestClient, isOver: () => boolean): Promise<ReadonlyMap<number, number>> => {
  const answers = new Map<number, number>();
  const ask = async (method: string, path: string, body: Buffer | null = null): Promise<void> => {
    const { status } = await client.request(method, path, body);
    answers.set(status, (answers.get(status) ?? 0) + 1);
  };
  const nuisances: readonly (() => Promise<void>)[] = [
    // Fills its quota, and goes on sending what no longer fits.
    () => ask('POST', ...sent('data', 400_000)),
    () => ask('POST', ...sent('snapshots', 300)),
    () => ask('POST', ...sent('locks', 100)),
    () => ask('GET', '/data/'),
    // Fills its trash.
    async () => {
      const { bytes, path } = randomObject(20_000);
      await ask('POST', path, bytes);
      await ask('DELETE', path);
    },
    () => ask('POST', `/data/${'0'.repeat(64)}`, randomBytes(100_000)),
  ];
  const each = nuisances.flatMap((nuisance) => [nuisance, nuisance]);
  await Promise.all(
    each.map(async (nuisance) => {
      while (!isOver()) await nuisance();
    }),
  );
  return answers;
};

const sent = (type: string, size: number): [string, Buffer] => {
  const { bytes, path } = randomObject(size, type);
  return [path, bytes];
};

test('a neighbour backs up, checks and restores while one source attacks with all it has', async (context) => {
  context.skip(!isRoot, 'mounting a small disk needs root');
  await using disk = await withSmallDisk('80m');
  const { receiver } = disk;
  await receiver.start();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  const key = await receiver.makeKey();
  await receiver.addSource(`  attacker: { uid: 31002, key: '${key.line}', quota: 20M }\n`);
  await eventually('the attacker gets in', 15_000, () => receiver.letsIn('attacker', key));

  let over = false;
  await using first = await restClientOf(receiver, 'attacker', key);
  await using second = await restClientOf(receiver, 'attacker', key);
  const attacks = [first, second].map((client) => attack(client, () => over));
  try {
    expect(await machine.berth('backup')).toMatchObject({ exitCode: 0 });
    expect(await machine.berth('check')).toMatchObject({ exitCode: 0 });
    const restored = join(machine.directory, 'restored');
    await mkdir(restored);
    expect(await machine.berth('restore', '--target', restored)).toMatchObject({ exitCode: 0 });
    expect(await differences(machine.files, join(restored, machine.files))).toBe('');
  } finally {
    over = true;
  }
  const answers = new Map((await Promise.all(attacks)).flatMap((answered) => [...answered]));
  // It was let do what it may, and told where its room ends: by quota, and by the number of its locks.
  for (const status of [200, 400, 429, 507]) expect(answers.get(status) ?? 0, `answers ${status}`).toBeGreaterThan(0);
});
