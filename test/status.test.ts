import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceStates } from '@berth/common/control/usage.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readFleet } from '../packages/server/src/coordinator/state/read.ts';
import { eventually, type TestReceiver, withReceiver } from './helpers/receiver.ts';

const instant = z.iso.datetime();
/** What a monitor may go by. */
const answer = z.object({
  coordinator: z.enum(['up', 'down', 'none']),
  sources: z.array(
    z.object({
      ...{ name: z.string(), state: z.enum(sourceStates), words: z.string().nullable() },
      ...{ lastSuccessAt: instant.nullable(), overdueAt: instant, nextSlotAt: instant.nullable() },
    }),
  ),
});

const said = async (receiver: TestReceiver, ...words: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await receiver.cli('status', ...words, '--data', receiver.dataDir);
  // Whatever the states are.
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout;
};
const asJson = async (receiver: TestReceiver) => answer.parse(parseJson(await said(receiver, '--json')));

test('two pasted lines are a source that is planned within 2 s, shown while the server runs and after it', async () => {
  await using receiver = await withReceiver();
  const planned = (name: string) => async () => {
    const fleet = readFleet({ dataDir: receiver.dataDir, uid: null, nowMs: Date.now() });
    return (fleet?.sources.find((source) => source.name === name)?.nextSlotMs ?? null) !== null;
  };
  const pasted = async (name: string, uid: number): Promise<string> =>
    `  ${name}:\n    { uid: ${uid}, key: '${(await receiver.makeKey()).line}' }\n`;
  const first = `server: { time_zone: Europe/Berlin }\nsources:\n${await pasted('laptop', 4001)}`;
  await receiver.writeConfig(first);
  await eventually('the first source is planned', 20_000, planned('laptop'));

  const lines = await pasted('tower', 4002);
  await receiver.writeConfig(first + lines);
  expect(await eventually('the pasted one is planned', 20_000, planned('tower'))).toBeLessThan(2000);
  const table = await said(receiver);
  expect(table).toMatch(/^coordinator +up, 2 at once, by the clock of Europe\/Berlin$/m);
  const slot = String.raw`(?:(?:today|tonight|[A-Z][a-z]{2}) \d\d:\d\d|due now)`;
  for (const name of ['laptop', 'tower']) expect(table).toMatch(new RegExp(`^${name} +never +never +${slot} `, 'm'));
  expect(await said(receiver, 'tower')).toMatch(/^plan +every 1d, next \S/m);

  const running = await asJson(receiver);
  expect(running.sources.map(({ name, state }) => [name, state])).toEqual([
    ['laptop', 'never'],
    ['tower', 'never'],
  ]);
  await receiver.stop();
  const stopped = await asJson(receiver);
  expect(stopped.coordinator).toBe('down');
  expect(stopped.sources).toEqual(running.sources);
  expect(await said(receiver)).toMatch(/^coordinator +down: slots are the last known ones$/m);

  // Its disk is gone, say.
  const home = join(receiver.dataDir, 'sources', 'tower');
  await rename(join(home, 'journal'), join(home, 'elsewhere'));
  const broken = await asJson(receiver);
  expect(broken.sources.map(({ state }) => state)).toEqual(['never', 'unreadable']);
  expect(await said(receiver)).toMatch(/^tower is unreadable: Its storage can not be read: .*journal/m);
  expect(await said(receiver, 'tower')).toMatch(/^state +unreadable: .*journal/m);
}, 60_000);
