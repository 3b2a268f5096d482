import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '@berth/common/parse-json.ts';
import { mailServer } from '@berth/server/channels/smtp-testing.ts';
import { monitorDatabase, monitorFolder } from '@berth/server/monitor/paths.ts';
import { openMonitorState } from '@berth/server/monitor/state/open.ts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { freePort } from '../scripts/free-port.ts';
import { messageService } from './helpers/message-service.ts';
import { eventually, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';

const serverStatus = z.object({
  server: z.object({ monitorPid: z.int().nullable(), page: z.string().nullable() }),
  monitor: z.enum(['up', 'down', 'none']),
  sources: z.array(z.object({ state: z.string() })),
  conditions: z.array(z.object({ key: z.string(), text: z.string(), remedy: z.string() })),
});
const statusOf = async (receiver: TestReceiver) =>
  serverStatus.parse(parseJson((await receiver.cli('status', '--json', '--data', receiver.dataDir)).stdout));
const conditionOf = async (receiver: TestReceiver, key: string) =>
  (await statusOf(receiver)).conditions.find((condition) => condition.key === key);

const laptop = (key: { readonly line: string }): string => `sources:\n  laptop: { uid: 31001, key: '${key.line}' }\n`;
const hook = (port: number): string =>
  `  hook: { type: webhook, url: 'http://127.0.0.1:${port}/hook', allow_private: true }\n`;

describe.runIf(isRoot)('a server that tells people (needs root)', () => {
  test('a source that becomes overdue is told once, also when the monitor is killed; the page and the metrics show it', async () => {
    await using told = await messageService();
    await using receiver = await withReceiver({ quick: true, start: false });
    const port = await freePort();
    const key = await receiver.makeKey();
    const head = `server: { name: example-nas }\npage: { listen: '127.0.0.1:${port}' }\nchannels:\n${hook(told.port)}`;
    await receiver.writeConfig(`${head}${laptop(key)}`);
    await receiver.start();
    await eventually('it is known', 20_000, async () => (await statusOf(receiver)).sources[0]?.state === 'never');
    await receiver.stop();
    expect(told.bodies).toEqual([]);
    await receiver.sleepAhead(3 * 86_400_000);
    await receiver.start();
    await eventually('it is told', 30_000, async () => told.bodies.length > 0);
    expect(told.bodies[0]).toContain('laptop');
    expect(parseJson(told.bodies[0] ?? '')).toMatchObject({ code: 'overdue', sources: ['laptop'] });

    const before = await statusOf(receiver);
    expect(before).toMatchObject({ monitor: 'up', server: { page: `http://127.0.0.1:${port}` } });
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('laptop')]);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/^berth_\w*overdue\w*\{[^}]*source="laptop"[^}]*\} 1$/m);

    process.kill(before.server.monitorPid ?? 0, 'SIGKILL');
    await eventually('it is back', 20_000, async () => {
      const { server } = await statusOf(receiver);
      return server.monitorPid !== before.server.monitorPid && server.page !== null;
    });
    await eventually('its page answers', 10_000, async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
    await sleep(4000);
    expect(told.bodies).toHaveLength(1);
    expect(receiver.log).toContain('the monitor died; it is started again');
  });

  test('a password that is missing leaves the server running, and is a condition until it is there', async () => {
    await using mail = await mailServer();
    await using receiver = await withReceiver({ quick: true, start: false });
    const key = await receiver.makeKey();
    const channel = `type: email, host: 127.0.0.1, port: ${mail.port}, tls: none, from: nas@example.org, to: me@example.org`;
    const secret = 'user: nas, password_file: smtp-password';
    await receiver.writeConfig(`page: off\nchannels:\n  mail: { ${channel}, ${secret} }\n${laptop(key)}`);
    await receiver.start();
    const failing = () => conditionOf(receiver, 'channel-failing::mail');
    await eventually('it is a condition', 20_000, async () => (await failing()) !== undefined);
    expect((await failing())?.text).toContain('smtp-password does not exist');
    const tested = await receiver.cli('alerts', 'test', 'mail', '--data', receiver.dataDir);
    expect([tested.exitCode, tested.stderr]).toEqual([1, expect.stringContaining('smtp-password does not exist')]);
    const typo = await receiver.cli('alerts', 'test', 'mial', '--data', receiver.dataDir);
    expect([typo.exitCode, typo.stderr]).toEqual([1, expect.stringContaining('Did you mean mail? Channels: mail.')]);
    // Nothing else in the file has changed, so SIGHUP says that it is there.
    await writeFile(join(receiver.configFile, '../smtp-password'), 'right\n', { mode: 0o600 });
    process.kill(receiver.pid, 'SIGHUP');
    await eventually('it is over', 20_000, async () => (await failing()) === undefined);
  });

  test('the digest is shown and sent while the server runs and while it does not, by a real mail server', async () => {
    await using mail = await mailServer();
    await using receiver = await withReceiver({ quick: true, start: false });
    const directory = await mkdtemp(join(tmpdir(), 'berth-digest-'));
    const digest = (...args: readonly string[]) => receiver.cli('digest', ...args, '--data', receiver.dataDir);
    try {
      const key = await receiver.makeKey();
      const channel = `type: email, host: 127.0.0.1, port: ${mail.port}, tls: none, from: nas@example.org, to: me@example.org`;
      await receiver.writeConfig(`page: off\n${laptop(key)}`);
      await receiver.start();
      const nobody = await digest('--send');
      expect([nobody.exitCode, nobody.stderr]).toEqual([1, expect.stringContaining('password_file: smtp-password')]);
      await receiver.writeConfig(`page: off\nchannels:\n  mail: { ${channel} }\n${laptop(key)}`);
      await eventually('it is in force', 10_000, async () => (await digest('--send')).exitCode === 0);
      expect(mail.got[0]?.parsed).toMatchObject({
        subject: expect.stringContaining('berth'),
        html: expect.any(String),
      });
      expect(mail.got[0]?.parsed.text).toContain('laptop');

      await receiver.stop();
      const shown = await digest('--preview', directory, '--json');
      expect(shown.exitCode, shown.stderr).toBe(0);
      expect(parseJson(shown.stdout)).toEqual({
        subject: expect.stringContaining('coordinator down'),
        ...{ html: join(directory, 'digest.html'), text: join(directory, 'digest.txt') },
      });
      expect(await readFile(join(directory, 'digest.html'), 'utf8')).toContain('laptop');
      expect(await readFile(join(directory, 'digest.txt'), 'utf8')).toContain('laptop');
      const tested = await receiver.cli('alerts', 'test', 'mail', '--data', receiver.dataDir);
      expect([tested.exitCode, tested.stdout]).toEqual([0, 'mail: delivered']);

      keepUndelivered(receiver.dataDir, 'mail', 'desktop is overdue');
      const listed = await receiver.cli('alerts', '--data', receiver.dataDir);
      expect(listed.stdout).toMatch(
        /^Still to be delivered:\n {2}to mail, for \S+: desktop is overdue\n {4}Tried 2 times: /m,
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('a refused sources.yaml and another host key are told as long as they are so', async () => {
    await using receiver = await withReceiver({ quick: true });
    const refused = () => conditionOf(receiver, 'config-refused');
    await receiver.writeConfig('page: off\nsources: { laptop: { uid: here } }\n');
    await eventually('it is refused', 10_000, async () => (await refused()) !== undefined);
    expect((await refused())?.text).toContain('sources.yaml:2:');
    await receiver.writeSources({});
    await eventually('it is in force', 10_000, async () => (await refused()) === undefined);
    await receiver.stop();

    const file = join(receiver.hostKeys, 'ssh_host_ed25519_key');
    await rename(file, `${file}.kept`);
    await receiver.start();
    const changed = await conditionOf(receiver, 'host-key-changed');
    expect(changed?.text).toContain('is another: SHA256:');
    await receiver.stop();
    await rename(`${file}.kept`, file);
    await receiver.start();
    expect(await conditionOf(receiver, 'host-key-changed')).toBeUndefined();
  });
});

test('without root it tells people all the same', async () => {
  await using told = await messageService();
  await using receiver = await withReceiver({ mode: 'rootless', start: false });
  const key = await receiver.makeKey();
  await receiver.writeConfig(`page: off\nchannels:\n${hook(told.port)}${laptop(key)}`);
  await receiver.start();
  await eventually('it is up', 20_000, async () => (await statusOf(receiver)).monitor === 'up');
  const tested = await receiver.cli('alerts', 'test', 'hook', '--data', receiver.dataDir);
  expect([tested.exitCode, tested.stdout, tested.stderr]).toEqual([0, 'hook: delivered', '']);
  expect(told.bodies).toHaveLength(1);
  const listed = await receiver.cli('alerts', '--data', receiver.dataDir);
  expect(listed.stdout).toMatch(/^hook +webhook +127\.0\.0\.1\S* +from warning on +no$/m);
});

/** As a monitor leaves it that a mail server did not answer. */
const keepUndelivered = (dataDir: string, channel: string, title: string): void => {
  const file = monitorDatabase(monitorFolder(dataDir));
  const { state } = openMonitorState(file, { now: () => new Date(), onTrouble: () => undefined });
  const about = { code: 'overdue', sources: ['desktop'], atMs: Date.now(), url: null, mail: null };
  state.saveDelivery({
    ...{ id: `1 ${channel}`, channel, createdMs: Date.now() - 3_600_000, attempts: 2, nextMs: Date.now() + 3_600_000 },
    message: { id: '1', kind: 'raised', severity: 'critical', title, body: 'No backup.', ...about },
    ...{ error: 'No route to host.', taken: false },
  });
  state.close();
};
