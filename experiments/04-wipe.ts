import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { differences, Machine } from '../test/helpers/machine.ts';
import { lastQuiet } from '../test/helpers/past.ts';
import { seededRandom } from '../test/helpers/random.ts';
import { type TestReceiver, withReceiver } from '../test/helpers/receiver.ts';
import { attackerOf, resticOn, wipe } from '../test/helpers/wipe.ts';
import { type Experiment, Skipped } from './experiment.ts';

/**
 * Whoever took over a machine has its key and its password. It deletes and overwrites everything, in an order of its
 * own each time, and uploads junk; every other time the real restic forgets and prunes all snapshots first. Then the
 * admin rewinds, and the machine checks every byte and restores.
 */
export const wipeExperiment: Experiment = {
  id: 4,
  name: 'wipe with the full credentials of a machine, then a rewind',
  run: async ({ full, say, signal, seed }) => {
    const wipes = full ? 40 : 2;
    if ((await execa('restic', ['version'], { reject: false })).failed) throw new Skipped('there is no restic');
    const random = seededRandom(seed);
    await using receiver = await withReceiver();
    await using machine = await Machine.make();
    await machine.enrol(receiver);
    const wrong: string[] = [];
    let [requests, rewindMs] = [0, 0];
    for (let round = 1; round <= wipes; round += 1) {
      signal.throwIfAborted();
      const backup = await machine.berth('backup');
      if (backup.exitCode !== 0) throw new Error(`the backup before wipe ${round} failed: ${backup.stderr}`);
      const moment = await lastQuiet(receiver);
      const how = await attack(receiver, machine, random, round % 2 === 0);
      requests += how.requests;
      const started = performance.now();
      const rewound = await receiver.cli('rewind', 'laptop', '--to', moment, '--yes', '--data', receiver.dataDir);
      rewindMs = Math.max(rewindMs, performance.now() - started);
      const found = rewound.exitCode === 0 ? await judge(receiver, machine) : [`the rewind failed: ${rewound.stderr}`];
      if (how.overwritten > 0) found.push(`${how.overwritten} objects were overwritten`);
      for (const words of found) wrong.push(`wipe ${round}: ${words}`);
      say(`wipe ${round} of ${wipes}: ${how.requests} requests, ${found.length === 0 ? 'all back' : found.join('; ')}`);
    }
    return {
      many: `${wipes} wipes, ${requests} requests`,
      lost: `${wrong.length} wrong`,
      figure: `after each, check --read-data passes and the restore is byte-identical; longest rewind ${(rewindMs / 1000).toFixed(1)} s`,
      held: wrong.length === 0,
    };
  },
};

const attack = async (
  receiver: TestReceiver,
  machine: Machine,
  random: (below: number) => number,
  withRestic: boolean,
) => {
  if (withRestic) {
    const listed = await resticOn(receiver, machine, 'snapshots', '--json');
    const ids = z.array(z.object({ id: z.string() })).parse(JSON.parse(listed.stdout));
    const forgotten = await resticOn(receiver, machine, 'forget', '--prune', ...ids.map(({ id }) => id));
    if (forgotten.failed) throw new Error(`the attack failed: ${forgotten.all}`);
  }
  await using attacker = await attackerOf(receiver, machine);
  return await wipe(attacker, random);
};

/** What is not as it was; nothing, when all is well. */
const judge = async (receiver: TestReceiver, machine: Machine): Promise<string[]> => {
  const check = await resticOn(receiver, machine, 'check', '--read-data');
  const target = join(machine.directory, 'restored');
  await rm(target, { recursive: true, force: true });
  const restored = await machine.berth('restore', '--target', target);
  const differing = restored.exitCode === 0 ? await differences(machine.files, join(target, machine.files)) : '';
  return [
    ...(check.exitCode === 0 && check.all.includes('no errors were found') ? [] : [`restic check: ${check.all}`]),
    ...(restored.exitCode === 0 ? [] : [`the restore failed: ${restored.stderr}`]),
    ...(differing === '' ? [] : [`the restore differs: ${differing}`]),
  ];
};
