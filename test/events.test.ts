import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isConfined } from './helpers/confined.ts';
import type { ClientKey } from './helpers/door.ts';
import { eventually, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { randomObject, restClientOf } from './helpers/rest-client.ts';

/** A server as everyone's looks every 10 s, and at a source that goes on changing once a minute. */
const soonMs = isConfined ? 150_000 : 60_000;

const about = z.object({ key: z.string(), severity: z.string(), text: z.string() });
const shown = z.object({
  open: z.array(about),
  events: z.array(about.extend({ event: z.string(), openMs: z.number() })),
});

const eventsOf = async (receiver: TestReceiver) => {
  const { stdout, stderr } = await receiver.cli('events', '--all', '--json', '--data', receiver.dataDir);
  if (stdout === '') throw new Error(stderr);
  return shown.parse(JSON.parse(stdout));
};
const openKeys = async (receiver: TestReceiver): Promise<readonly string[]> =>
  (await eventsOf(receiver)).open.map(({ key }) => key);
const journalOf = async (receiver: TestReceiver, source: string): Promise<string> => {
  const folder = join(receiver.dataDir, 'sources', source, 'journal');
  const months = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  return (await Promise.all(months.map((name) => readFile(join(folder, name), 'utf8')))).join('');
};
const store = async (receiver: TestReceiver, source: string, key: ClientKey): Promise<readonly string[]> => {
  await using client = await restClientOf(receiver, source, key);
  const objects = ['data', 'snapshots'].flatMap((type) => Array.from({ length: 4 }, () => randomObject(1000, type)));
  for (const { path, bytes } of objects) expect((await client.request('POST', path, bytes)).status).toBe(200);
  return objects.map(({ path }) => path);
};

for (const mode of ['root', 'rootless'] as const) {
  test.skipIf(mode === 'root' && !isRoot)(
    `${mode}: a wipe is one critical event within a minute, status shows it, and a release resolves it`,
    { timeout: 400_000 },
    async () => {
      await using receiver = await withReceiver({ mode, quick: true });
      const [key, other] = [await receiver.makeKey(), await receiver.makeKey()];
      await receiver.writeSources({ laptop: { uid: 4001, keys: [key.line] }, nas: { uid: 4002, keys: [other.line] } });
      await eventually('the source is let in', 20_000, () => receiver.letsIn('laptop', key));
      const paths = await store(receiver, 'laptop', key);
      await store(receiver, 'nas', other);
      const status = async (...words: readonly string[]): Promise<string> =>
        (await receiver.cli('status', ...words, '--data', receiver.dataDir)).stdout;
      await eventually('a review has counted', soonMs, async () =>
        /^laptop .* 7\.8 KiB +\d+ +0 B$/m.test(await status()),
      );
      expect(await openKeys(receiver)).toEqual([]);

      {
        await using client = await restClientOf(receiver, 'laptop', key);
        for (const path of paths) expect((await client.request('DELETE', path)).status).toBe(200);
      }
      await eventually('it is told', soonMs, async () => (await openKeys(receiver)).includes('mass-delete:laptop'));
      // What is wrong is known at once; what a review counted is written down within a second.
      await eventually('status counts it', 20_000, async () => /^laptop .* 0 B +0 +7\.8 KiB$/m.test(await status()));
      const table = await status();
      expect(table).toMatch(/^laptop is FROZEN/m);
      expect(table).not.toMatch(/^nas is /m);
      expect(table).toMatch(/CRITICAL laptop: .*deleted within a day/);
      expect(await status('laptop')).toMatch(/FROZEN/);
      expect(await status('nas')).not.toMatch(/FROZEN|CRITICAL/);

      // A restart of the server tells nobody twice.
      const stopping = performance.now();
      expect(await receiver.stop()).toBe(0);
      expect(performance.now() - stopping).toBeLessThan(15_000);
      await receiver.start();
      const released = await receiver.cli('release', 'laptop', '--yes', '--data', receiver.dataDir);
      expect(released.stderr).toBe('');
      await eventually('it is over', soonMs, async () => (await openKeys(receiver)).length === 0);
      const { events } = await eventsOf(receiver);
      expect(events.map(({ event, key: what }) => `${event} ${what}`)).toEqual([
        'raised mass-delete:laptop',
        'resolved mass-delete:laptop',
      ]);
      await eventually('status says so', soonMs, async () => !/FROZEN|CRITICAL/.test(await status()));
    },
  );
}

test.skipIf(!isRoot)(
  'a clock that jumped stops the purge until an admin confirms it, which every journal then says',
  { timeout: 300_000 },
  async () => {
    await using receiver = await withReceiver({ quick: true });
    const key = await receiver.makeKey();
    await receiver.writeSources({
      laptop: { uid: 4001, keys: [key.line] },
      new: { uid: 4002, keys: [(await receiver.makeKey()).line] },
    });
    await eventually('the source is let in', 20_000, () => receiver.letsIn('laptop', key));
    await store(receiver, 'laptop', key);
    await receiver.stop();

    // As if the clock had been set three days ahead while the machine ran.
    const file = join(receiver.dataDir, 'clock.json');
    const earlier = (text: string): string =>
      text.replaceAll(/"wallMs": (\d+)/g, (_, wall: string) => `"wallMs": ${Number(wall) - 3 * 86_400_000}`);
    await writeFile(file, earlier(await readFile(file, 'utf8')));
    await receiver.start();
    await eventually('it is told', soonMs, async () => (await openKeys(receiver)).includes('clock-jump'));
    const clock = (...words: readonly string[]) => receiver.cli('clock', '--data', receiver.dataDir, ...words);
    expect((await clock()).stdout).toMatch(/NOT TRUSTED: it is (3d|2d23h) ahead/);
    expect((await receiver.cli('status', '--data', receiver.dataDir)).stdout).toContain('NOT TRUSTED');

    expect((await clock('--confirm', '2001-01-01')).exitCode).toBe(1);
    const today = /\d{4}-\d\d-\d\d/.exec((await clock()).stdout)?.[0] ?? '';
    expect(await clock('--confirm', today)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await journalOf(receiver, 'laptop')).toContain('"op":"clock"');
    // Who never stored anything has nothing to be dated.
    expect(await journalOf(receiver, 'new')).toBe('');
    expect((await clock()).stdout).toContain('clock   trusted');
    expect(await openKeys(receiver)).toEqual([]);
    await eventually('the server purges again', soonMs, async () => {
      const jobs: unknown = JSON.parse(await readFile(join(receiver.dataDir, 'jobs.json'), 'utf8'));
      return JSON.stringify(jobs).includes('"purge":{');
    });
  },
);
