import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { descendants, snapshot } from '../packages/server/src/sshd/processes.ts';
import { differences, Machine } from './helpers/machine.ts';
import { lastQuiet, placeNow, sideBySide, store } from './helpers/past.ts';
import { runSeed, seededRandom } from './helpers/random.ts';
import { eventually, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { restClientOf } from './helpers/rest-client.ts';
import { filesBelow } from './helpers/store-files.ts';
import { attackerOf, resticOn, wipe } from './helpers/wipe.ts';

const rewound = z.object({ done: z.boolean(), undo: z.number().nullable() });

const rewind = (receiver: TestReceiver, ...words: readonly string[]) =>
  receiver.cli('rewind', 'laptop', '--data', receiver.dataDir, ...words);

const repoOf = (receiver: TestReceiver): string => join(receiver.dataDir, 'sources/laptop/repo');

/** What stands in a repository, but for what comes and goes with every command. */
const objectsOf = async (receiver: TestReceiver) =>
  (await filesBelow(repoOf(receiver))).filter((file) => !file.startsWith('locks/'));

for (const mode of ['root', 'rootless'] as const) {
  test.skipIf(mode === 'root' && !isRoot)(
    `${mode}: after a wipe a rewind brings everything back, and can be rewound itself`,
    { timeout: 300_000 },
    async () => {
      await using receiver = await withReceiver({ mode });
      await using machine = await Machine.make();
      await machine.enrol(receiver);
      for (let run = 0; run < 2; run += 1) expect((await machine.berth('backup')).exitCode).toBe(0);
      const moment = await lastQuiet(receiver);
      const before = await objectsOf(receiver);
      {
        await using attacker = await attackerOf(receiver, machine);
        const { deleted, overwritten } = await wipe(attacker, seededRandom(runSeed()));
        expect([deleted >= before.length, overwritten]).toEqual([true, 0]);
      }
      const wiped = await objectsOf(receiver);
      expect(wiped).toEqual(['config']);

      const journal = await placeNow(receiver);
      const dry = await rewind(receiver, '--to', moment, '--dry-run');
      expect(dry).toMatchObject({ exitCode: 0, stderr: '' });
      expect(dry.stdout).toContain('snapshots     now 0; after 2');
      expect(dry.stdout).toMatch(/regained {4}[0-9a-f]{8} {2}20\d\d-/);
      expect(dry.stdout).toContain('moment        quiet');
      expect(await objectsOf(receiver)).toEqual(wiped);
      expect(await placeNow(receiver)).toBe(journal);

      const unasked = await rewind(receiver, '--to', moment);
      expect(unasked).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--yes') });
      expect(await objectsOf(receiver)).toEqual(wiped);

      const done = await rewind(receiver, '--to', moment, '--yes', '--json');
      expect(done).toMatchObject({ exitCode: 0, stderr: '' });
      const { undo } = rewound.parse(JSON.parse(done.stdout));
      expect(await objectsOf(receiver)).toEqual(before);
      const check = await resticOn(receiver, machine, 'check', '--read-data');
      expect([check.exitCode, check.all]).toEqual([0, expect.stringContaining('no errors were found')]);
      const target = join(machine.directory, 'restored');
      expect((await machine.berth('restore', '--target', target)).exitCode).toBe(0);
      expect(await differences(machine.files, join(target, machine.files))).toBe('');
      expect((await machine.berth('backup')).exitCode).toBe(0);

      expect((await rewind(receiver, '--to', String(undo), '--yes')).exitCode).toBe(0);
      expect(await objectsOf(receiver)).toEqual(wiped);
      expect((await rewind(receiver, '--to', moment, '--yes')).exitCode).toBe(0);
      expect(await objectsOf(receiver)).toEqual(before);
      const again = await rewind(receiver, '--to', moment, '--yes');
      expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('there is nothing to do') });
    },
  );
}

/** Lets one source in, and answers with its key. */
const withSource = async (receiver: TestReceiver) => {
  const key = await receiver.makeKey();
  await receiver.writeSources({ laptop: { uid: 28_301, keys: [key.line] } });
  await eventually('the source is known', 10_000, () => receiver.letsIn('laptop', key));
  return key;
};

const jobProcess = () =>
  descendants(snapshot(), [process.pid]).find(
    ({ argv }) => argv.includes('rewind') && argv.includes('--directory') && argv[0]?.endsWith('node'),
  );

test('a rewind that is killed at any moment is finished by the next', { timeout: 240_000 }, async () => {
  await using receiver = await withReceiver();
  const key = await withSource(receiver);
  const random = seededRandom(runSeed());
  let objects: readonly { readonly path: string }[] = [];
  {
    await using client = await restClientOf(receiver, 'laptop', key);
    await client.request('POST', '/config', Buffer.from('the config'));
    objects = [...(await store(client, 1500)), ...(await store(client, 50, 'snapshots'))];
  }
  const before = await objectsOf(receiver);
  const moment = await placeNow(receiver);
  {
    await using client = await restClientOf(receiver, 'laptop', key);
    await sideBySide(objects, ({ path }) => client.request('DELETE', path));
    await client.request('DELETE', '/config');
    await client.request('POST', '/config', Buffer.from('another config'));
    await store(client, 800);
  }
  const all = await filesBelow(join(receiver.dataDir, 'sources/laptop'));
  let killed = 0;
  for (let round = 0; round < 6; round += 1) {
    const running = rewind(receiver, '--to', moment, '--yes');
    let isOver = false;
    void running.then(() => {
      isOver = true;
    });
    // One that finds its plan changed by the last round's is over in a moment.
    await eventually('the job runs', 20_000, async () => isOver || jobProcess() !== undefined);
    await sleep(random(300));
    const job = jobProcess();
    if (job !== undefined) process.kill(job.pid, 'SIGKILL');
    const { exitCode, stderr } = await running;
    if (exitCode === 0) break;
    expect(stderr).not.toContain('bug');
    killed += 1;
    // Every object that was there is there, under its live name or in the trash.
    const now = await filesBelow(join(receiver.dataDir, 'sources/laptop'));
    const names = new Set(now.map((file) => /[0-9a-f]{64}/.exec(file)?.[0]));
    expect(all.filter((file) => /[0-9a-f]{64}/.test(file) && !names.has(/[0-9a-f]{64}/.exec(file)?.[0]))).toEqual([]);
  }
  expect(killed).toBeGreaterThan(0);
  const last = await rewind(receiver, '--to', moment, '--yes');
  expect(last).toMatchObject({ exitCode: 0 });
  expect(await objectsOf(receiver)).toEqual(before);
});

describe('while a session lives', () => {
  test('a rewind refuses, and with --end-sessions ends it', async () => {
    await using receiver = await withReceiver();
    const key = await withSource(receiver);
    await using client = await restClientOf(receiver, 'laptop', key);
    const [first] = await store(client, 1);
    const moment = new Date().toISOString();
    await sleep(5);
    await client.request('DELETE', first?.path ?? '');
    const refused = await rewind(receiver, '--to', moment, '--yes');
    expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('--end-sessions') });
    expect(await objectsOf(receiver)).toEqual([]);
    expect((await rewind(receiver, '--to', moment, '--yes', '--end-sessions')).exitCode).toBe(0);
    expect(await client.exited()).not.toBe(0);
    expect(await objectsOf(receiver)).toHaveLength(1);
  });

  test.skipIf(!isRoot)('that begins amid a rewind, it is sent away, and an agent comes again', async () => {
    await using receiver = await withReceiver();
    await using machine = await Machine.make();
    await machine.enrol(receiver);
    const { uid } = z
      .array(z.object({ uid: z.number() }))
      .parse(JSON.parse((await receiver.cli('sources', '--json', '--data', receiver.dataDir)).stdout))[0] ?? { uid: 0 };
    // A process of the source's own UID stands for the job.
    const worker = execa('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'sleep', '100'], {
      reject: false,
    });
    const sign = join(receiver.dataDir, 'sources/laptop/incoming', `${worker.pid}-exclusive`);
    await mkdir(sign);
    try {
      const key = { file: join(machine.home, 'id_ed25519'), line: '' };
      const sent = await receiver.ssh('laptop', key, 'receive');
      expect(sent).toMatchObject({
        exitCode: 75,
        stdout: '',
        stderr: expect.stringContaining('working on this source'),
      });
      const running = machine.berth('backup');
      await sleep(4000);
      await rm(sign, { recursive: true });
      expect((await running).exitCode).toBe(0);
    } finally {
      worker.kill();
      await worker;
    }
  });
});

test('a moment amid a backup is marked, with the quiet ones around it', async () => {
  await using receiver = await withReceiver();
  const key = await withSource(receiver);
  await using client = await restClientOf(receiver, 'laptop', key);
  await client.request('POST', '/config', Buffer.from('the config'));
  const [lock] = await store(client, 1, 'locks');
  await store(client, 1);
  await sleep(5);
  const moment = new Date().toISOString();
  await sleep(5);
  await store(client, 1, 'snapshots');
  await client.request('DELETE', lock?.path ?? '');
  await client[Symbol.asyncDispose]();
  const { stdout, exitCode } = await rewind(receiver, '--to', moment, '--dry-run');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('BUSY: a lock was live');
  const [before = '', after = ''] = [
    ...stdout.matchAll(/quiet \w+ +berth-server rewind laptop --data \S+ --to (\d{16})/g),
  ].map(([, place]) => place);
  expect((await rewind(receiver, '--to', after, '--dry-run')).stdout).toContain('moment        quiet');
  const earlier = await rewind(receiver, '--to', before, '--yes');
  expect(earlier).toMatchObject({ exitCode: 0 });
  expect(await objectsOf(receiver)).toEqual(['config']);
});

test('objects that are nowhere any more are said, and it takes a word to go on without them', async () => {
  await using receiver = await withReceiver();
  const key = await withSource(receiver);
  let moment = '';
  {
    await using client = await restClientOf(receiver, 'laptop', key);
    const objects = await store(client, 3);
    moment = await placeNow(receiver);
    await sideBySide(objects, ({ path }) => client.request('DELETE', path));
  }
  const trash = join(receiver.dataDir, 'sources/laptop/trash/data');
  await rm(join(trash, (await filesBelow(trash))[0] ?? ''));
  const dry = await rewind(receiver, '--to', moment, '--dry-run');
  expect(dry).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/gone +1 data: 200 B/) });
  const refused = await rewind(receiver, '--to', moment, '--yes');
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--accept-missing') });
  expect(await objectsOf(receiver)).toEqual([]);
  expect((await rewind(receiver, '--to', moment, '--yes', '--accept-missing')).exitCode).toBe(0);
  expect(await objectsOf(receiver)).toHaveLength(2);
});

test('at a terminal it asks for the name of the source, and takes nothing else for a yes', async () => {
  await using receiver = await withReceiver();
  const key = await withSource(receiver);
  let moment = '';
  {
    await using client = await restClientOf(receiver, 'laptop', key);
    const [first] = await store(client, 1);
    moment = await placeNow(receiver);
    await client.request('DELETE', first?.path ?? '');
  }
  const words = [...receiver.cliCommand(), 'rewind', 'laptop', '--to', moment, '--data', receiver.dataDir];
  const typed = (input: string) =>
    execa('script', ['-qefc', words.map((word) => `'${word}'`).join(' '), '/dev/null'], {
      input,
      reject: false,
      timeout: 30_000,
    });
  const no = await typed('yes\n');
  expect([no.exitCode, no.stdout]).toEqual([1, expect.stringContaining('Nothing was changed')]);
  expect(await objectsOf(receiver)).toEqual([]);
  const yes = await typed('laptop\n');
  expect([yes.exitCode, yes.stdout]).toEqual([
    0,
    expect.stringMatching(/100 %.*1 of 1 objects[\s\S]*undo: berth-server rewind laptop/),
  ]);
  expect(await objectsOf(receiver)).toHaveLength(1);
});

test('a source that uploads by SFTP is refused clearly', async () => {
  await using receiver = await withReceiver();
  const key = await receiver.makeKey();
  await receiver.writeSources({ scanner: { uid: 28_302, keys: [key.line], more: { access: 'sftp' } } });
  await eventually('the source is known', 10_000, async () =>
    (await receiver.cli('sources', '--data', receiver.dataDir)).stdout.includes('scanner'),
  );
  const refused = await receiver.cli('rewind', 'scanner', '--to', '1d', '--data', receiver.dataDir);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('SFTP') });
  expect(await receiver.cli('rewind', 'nobody', '--to', '1d', '--data', receiver.dataDir)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('scanner'),
  });
});
