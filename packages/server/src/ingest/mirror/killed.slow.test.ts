import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ingestFile } from '../../../../../test/helpers/programs.ts';
import { testPhone } from './testing.ts';

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What people see in a mirror, and its versions, by hash. */
const seenIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/.berth'))
    .map((entry) => hashOf(readFileSync(join(entry.parentPath, entry.name))));

const startPass = (phone: ReturnType<typeof testPhone>) =>
  spawn(
    process.execPath,
    [ingestFile, 'mirror', '--source', 'phone', '--directory', phone.state, '--args', JSON.stringify(phone.args)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

/** Resolves when it has begun to copy, or is over. */
const copying = async (phone: ReturnType<typeof testPhone>, child: ReturnType<typeof startPass>): Promise<void> => {
  const incoming = join(phone.target, '.berth/incoming');
  const isAtWork = (): boolean => {
    try {
      return readdirSync(incoming).some((name) => name !== '0');
    } catch {
      return false;
    }
  };
  while (child.exitCode === null && !isAtWork()) await sleep(2);
};

test('a pass that is killed twenty times, wherever it is, shows nothing half and loses nothing', {
  timeout: 120_000,
}, async () => {
  using phone = testPhone();
  const ever = new Set<string>();
  const write = (name: string, bytes: Buffer): void => {
    phone.write(name, bytes);
    ever.add(hashOf(bytes));
  };
  let kills = 0;
  for (let round = 0; round < 20; round += 1) {
    for (let at = 0; at < 10; at += 1) write(`DCIM/${round}-${at}.jpg`, randomBytes(20_000));
    write('DCIM/video.mp4', randomBytes(8_000_000));
    for (let at = 0; round > 0 && at < 5; at += 1) write(`DCIM/${round - 1}-${at}.jpg`, randomBytes(20_000));
    if (round % 4 === 3) utimesSync(phone.inIngest(`DCIM/${round}-0.jpg`), round, round);
    const child = startPass(phone);
    const exited = once(child, 'exit');
    child.stdout.resume();
    await copying(phone, child);
    await sleep(Math.random() * 60);
    child.kill('SIGKILL');
    const [, signal] = await exited;
    if (signal === 'SIGKILL') kills += 1;
    for (const hash of seenIn(phone.target)) expect(ever.has(hash)).toBe(true);
  }
  expect(kills).toBeGreaterThan(5);
  const child = startPass(phone);
  const said = await child.stdout.toArray();
  expect(JSON.parse(Buffer.concat(said).toString())).toMatchObject({
    result: { outcome: 'done', failed: 0, unsettled: 0 },
  });
  const seen = seenIn(phone.target);
  expect(seen).toEqual(expect.arrayContaining([...seenIn(join(phone.ingest, 'DCIM'))]));
  for (const hash of seen) expect(ever.has(hash)).toBe(true);
  expect(await phone.pass()).toMatchObject({ copied: 0, versions: 0 });
});
