import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reportSchema } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { cuttingProxy } from './helpers/cutting-proxy.ts';
import { differences, Machine } from './helpers/machine.ts';
import { withReceiver } from './helpers/receiver.ts';
import { filesBelow, partialObjects } from './helpers/store-files.ts';

test('a backup whose line is cut twice is tried again and ends well, and the restore is byte for byte', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  const cuts: number[] = [];
  await using proxy = await cuttingProxy(
    receiver.port,
    () => cuts[0] ?? null,
    () => void cuts.shift(),
  );
  await machine.enrol(receiver, { port: proxy.port });
  const agentYaml = join(machine.home, 'agent.yaml');
  await writeFile(agentYaml, `${await readFile(agentYaml, 'utf8')}\nretry: { for: 2m, first: 1s, longest: 2s }\n`);
  await writeFile(join(machine.files, 'large'), randomBytes(60_000_000));

  cuts.push(8_000_000, 30_000_000);
  const { exitCode, stdout } = await machine.berth('backup', '--json');
  const { event, ...said } = JSON.parse(stdout.split('\n').at(-1) ?? '');
  expect(event).toBe('report');
  const report = reportSchema.parse(said);
  expect([exitCode, report.outcome, report.attempts]).toEqual([0, 'ok', 3]);
  const failures = report.steps.filter(({ outcome }) => outcome === 'failed').map(({ reason }) => reason);
  expect(failures).toEqual(['connection-cut', 'connection-cut']);

  const source = join(receiver.dataDir, 'sources/laptop');
  expect(await partialObjects(join(source, 'repo'))).toEqual([]);
  expect(await filesBelow(join(source, 'incoming'))).toEqual([]);
  const target = join(machine.directory, 'restored');
  expect((await machine.berth('restore', '--target', target)).exitCode).toBe(0);
  expect(await differences(machine.files, join(target, machine.files))).toBe('');
});

test('a server that stays away ends the retries at their limit, with exit code 4 and a report', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  const agentYaml = join(machine.home, 'agent.yaml');
  await writeFile(agentYaml, `${await readFile(agentYaml, 'utf8')}\nretry: { for: 4s, first: 1s, longest: 1s }\n`);
  await receiver.stop();
  const { exitCode, stdout } = await machine.berth('backup', '--json');
  expect(exitCode).toBe(4);
  expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toMatchObject({ event: 'report', outcome: 'failed' });
  expect((await filesBelow(join(machine.home, 'state/reports'))).length).toBe(1);
});
