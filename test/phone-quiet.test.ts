import { chown, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPhoneFacts } from '@berth/server/ingest/facts-file.ts';
import { expect, test } from 'vitest';
import { messageService } from './helpers/message-service.ts';
import { phoneUids, withPhone } from './helpers/phone.ts';
import { eventually, isRoot } from './helpers/receiver.ts';

const hourMs = 3_600_000;

test('a mirror that fails all day is one event, one message and one line of the digest', async ({ skip }) => {
  if (!isRoot) return skip('needs root, to take a folder away from somebody');
  await using told = await messageService();
  const hook = `{ type: webhook, url: 'http://127.0.0.1:${told.port}/hook', allow_private: true }`;
  await using phone = await withPhone({ syncthing: false, before: `channels: { hook: ${hook} }\n` });
  await phone.put('DCIM/Camera/1.jpg');
  await phone.mirrorShows('the first photo', ({ files }) => files.size === 1);

  await chown(phone.places.media, 0, 0);
  await phone.put('DCIM/Camera/2.jpg');
  const text = await phone.says('mirror-stuck');
  const failures = () => readPhoneFacts(phone.receiver.dataDir)[0]?.mirror?.failures ?? 0;
  const before = failures();
  await eventually('it was tried again', 90_000, async () => failures() > before);
  expect(await phone.says('mirror-stuck')).toBe(text);

  // Hour after hour, it is still so.
  for (const hours of [1, 12]) {
    await phone.receiver.stop();
    await phone.receiver.sleepAhead(hours * hourMs);
    await phone.receiver.start();
    await eventually('the message came', 30_000, async () => told.bodies.length > 0);
    expect(await phone.says('mirror-stuck')).toBe(text);
  }
  expect(told.bodies.map((body) => JSON.parse(body).code)).toEqual(['mirror-stuck']);
  const { events } = await phone.events();
  expect(events.filter(({ code }) => code === 'mirror-stuck').map(({ event }) => event)).toEqual(['raised']);

  const shown = await phone.cli('digest', '--preview', join(phone.receiver.directory, 'digest'));
  expect(shown.exitCode, shown.stderr).toBe(0);
  const digest = await readFile(join(phone.receiver.directory, 'digest/digest.txt'), 'utf8');
  expect(digest.split('\n').filter((line) => line.includes(text.slice(0, 30)))).toHaveLength(1);

  await chown(phone.places.media, phoneUids.source, phoneUids.source);
  await phone.says('mirror-stuck', false);
  await phone.mirrorShows('the second photo', ({ files }) => files.size === 2);
});
