import { randomUUID } from 'node:crypto';
import { chown, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assignmentSchema } from '@berth/common/control/assignment.ts';
import { leaseAnswerSchema } from '@berth/common/control/lease.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { coordinatorUid } from '@berth/server/coordinator/paths.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { inReceiver } from './helpers/probe.ts';
import { rawControl } from './helpers/raw-control.ts';
import { type ClientKey, eventually, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { randomObject, restClientOf } from './helpers/rest-client.ts';
import { landlockTools } from './helpers/setpriv.ts';

const serverStatus = z.object({
  server: z.object({ coordinatorPid: z.int().nullable(), jail: z.object({ kind: z.string() }) }),
  sources: z.array(z.object({ state: z.string(), words: z.string().nullable() })),
  conditions: z.array(z.object({ key: z.string(), text: z.string(), remedy: z.string() })),
});
const statusOf = async (receiver: TestReceiver) => {
  const { stdout } = await receiver.cli('status', '--json', '--data', receiver.dataDir);
  return serverStatus.parse(parseJson(stdout));
};
const pidOf = async (receiver: TestReceiver): Promise<number | null> =>
  (await statusOf(receiver)).server.coordinatorPid;

/** What a source is told of its slots, over its own `ssh … control`; null while nobody answers. */
const assignmentOf = async (receiver: TestReceiver, source: string, key: ClientKey) => {
  const { status, body } = await rawControl(receiver, source, key, 'GET /v1/assignment', '');
  return status === 200 ? assignmentSchema.parse(parseJson(body)) : null;
};
const answers = (receiver: TestReceiver, source: string, key: ClientKey, withinMs = 20_000): Promise<number> =>
  eventually(
    `${source} is told of its slots`,
    withinMs,
    async () => (await assignmentOf(receiver, source, key)) !== null,
  );

const lease = async (receiver: TestReceiver, source: string, key: ClientKey, run: string) => {
  const asked = JSON.stringify({ run, reason: 'person' });
  const { status, body } = await rawControl(receiver, source, key, 'POST /v1/runs', asked);
  return { status, answer: leaseAnswerSchema.parse(parseJson(body)) };
};
const beat = async (receiver: TestReceiver, source: string, key: ClientKey, run: string): Promise<number> => {
  const body = JSON.stringify({ step: 'backup', bytesDone: 1, bytesTotal: 2 });
  return (await rawControl(receiver, source, key, `PATCH /v1/runs/${run}`, body)).status;
};
const report = async (receiver: TestReceiver, source: string, key: ClientKey, run: string): Promise<number> => {
  const at = new Date().toISOString();
  const body = {
    sentAt: at,
    report: {
      ...{ version: 1, run, source, startedAt: at, endedAt: at, outcome: 'ok', reason: null, message: null },
      ...{ remedy: null, attempts: 1, dryRun: false, snapshot: 'e32c3a72', steps: [], stepsLeftOut: 0, warnings: [] },
      versions: { berth: '0.1.0', restic: '0.19.0', node: '24.0.0', system: 'linux x64' },
    },
  };
  return (await rawControl(receiver, source, key, `POST /v1/runs/${run}/report`, JSON.stringify(body))).status;
};

describe.runIf(isRoot)('with a UID for everyone (needs root)', () => {
  let receiver: TestReceiver;
  let alpha: ClientKey;
  let beta: ClientKey;
  const both = () => ({ alpha: { uid: 31_001, keys: [alpha.line] }, beta: { uid: 31_002, keys: [beta.line] } });
  /** A command where the server's processes are, with this UID and no other wall around it. */
  const asUser = (uid: number, ...command: readonly string[]) => {
    const become = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...command];
    return execa('nsenter', ['--mount', '--target', String(receiver.pid), '--', ...become], {
      reject: false,
      cwd: '/',
    });
  };

  beforeAll(async () => {
    receiver = await withReceiver({ start: false });
    [alpha, beta] = [await receiver.makeKey(), await receiver.makeKey()];
    await receiver.writeSources(both());
    await receiver.start();
    await answers(receiver, 'beta', beta);
  });
  afterAll(() => receiver[Symbol.asyncDispose]());

  test('each source reaches the coordinator through its own login, and is told of its own slots', async () => {
    const told = await Promise.all([assignmentOf(receiver, 'alpha', alpha), assignmentOf(receiver, 'beta', beta)]);
    expect(told.map((assignment) => assignment?.source)).toEqual(['alpha', 'beta']);
    for (const assignment of told) expect(assignment?.slot).toMatchObject({ startsAt: expect.any(String) });
  });

  test('it runs as an account of its own, without a capability, and can gain none', async () => {
    const pid = (await pidOf(receiver)) ?? 0;
    const { stdout: text } = await execa('cat', [`/proc/${pid}/status`]);
    expect(text).toMatch(/^Uid:\s+65531\s+65531\s+65531\s+65531$/m);
    expect(text).toMatch(/^Gid:\s+65531\s+65531\s+65531\s+65531$/m);
    expect(text).toMatch(/^Groups:\s*$/m);
    expect(text).toMatch(/^NoNewPrivs:\s+1$/m);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      expect(text).toMatch(new RegExp(`^${set}:\\s+0{16}$`, 'm'));
    const { uid, mode } = await stat(join(receiver.dataDir, 'coordinator'));
    expect([uid, mode & 0o777]).toEqual([coordinatorUid, 0o700]);
  });

  test('a source’s UID reaches its own socket, no other’s, and nothing of what the coordinator knows', async () => {
    const connect = `const socket = require('node:net').connect(process.argv[1]);
      socket.on('connect', () => { console.log('in'); process.exit(); }).on('error', ({ code }) => console.log(code));`;
    // Node and the state, by the paths that they have inside.
    const running = `/proc/${await pidOf(receiver)}`;
    const [node, argv] = [await readlink(`${running}/exe`), (await readText(`${running}/cmdline`)).split('\0')];
    const state = argv[argv.indexOf('--state') + 1] ?? '';
    const tries = async (uid: number, path: string): Promise<string> =>
      (await asUser(uid, node, '-e', connect, path)).stdout;
    expect(await tries(31_001, '/run/berth/control/alpha/api.sock')).toBe('in');
    expect(await tries(31_001, '/run/berth/control/beta/api.sock')).toBe('EACCES');
    expect(await tries(31_003, '/run/berth/control/alpha/api.sock')).toBe('EACCES');
    for (const folder of ['/run/berth/control/alpha', '/run/berth/control/beta', state]) {
      expect([folder, (await asUser(31_001, 'ls', folder)).stderr]).toEqual([
        folder,
        expect.stringContaining('Permission denied'),
      ]);
      expect((await asUser(31_001, 'touch', `${folder}/probe`)).exitCode).not.toBe(0);
    }
    // Nor does the coordinator reach what is theirs.
    for (const folder of ['repo', 'journal']) {
      const path = join(state, '../sources/alpha', folder);
      expect((await asUser(coordinatorUid, 'ls', path)).stderr).toContain('Permission denied');
    }
  });

  test('killed, it is started again; a backup goes on meanwhile, and a lease is still held', async () => {
    const run = randomUUID();
    expect(await lease(receiver, 'alpha', alpha, run)).toMatchObject({ status: 201, answer: { kind: 'granted' } });
    await using client = await restClientOf(receiver, 'alpha', alpha);
    const before = (await pidOf(receiver)) ?? 0;
    process.kill(before, 'SIGKILL');
    const object = randomObject(300_000);
    expect((await client.request('POST', object.path, object.bytes)).status).toBe(200);
    await answers(receiver, 'alpha', alpha);
    expect(await pidOf(receiver)).not.toBe(before);
    expect((await client.request('GET', object.path)).body.equals(object.bytes)).toBe(true);
    expect(await beat(receiver, 'alpha', alpha, run)).toBe(200);
    expect(await report(receiver, 'alpha', alpha, run)).toBe(201);
    expect(receiver.log).toContain('ended by SIGKILL');
    expect((await statusOf(receiver)).conditions.map(({ key }) => key)).not.toContain('coordinator-down');
  });

  test('a source that is added is planned within moments; one that is taken out has no socket any more', async () => {
    const gamma = await receiver.makeKey();
    const socket = inReceiver(receiver, '/run/berth/control/gamma/api.sock');
    await receiver.writeSources({ ...both(), gamma: { uid: 31_003, keys: [gamma.line] } });
    await answers(receiver, 'gamma', gamma);
    expect((await stat(socket)).isSocket()).toBe(true);
    await receiver.writeSources(both());
    await eventually(
      'its socket is gone',
      5000,
      async () => (await stat(join(socket, '..')).catch(() => null)) === null,
    );
    expect((await assignmentOf(receiver, 'beta', beta))?.source).toBe('beta');
  });

  test('it ends with the server, however that ends', async () => {
    const [first, server] = [(await pidOf(receiver)) ?? 0, receiver.pid];
    process.kill(server, 'SIGKILL');
    await eventually('it is gone', 5000, async () => !isAlive(first));
    await receiver.stop();
    await receiver.start();
    await answers(receiver, 'beta', beta);
    const second = (await pidOf(receiver)) ?? 0;
    const started = performance.now();
    await receiver.stop();
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(isAlive(second)).toBe(false);
    expect(await pidOf(receiver)).toBeNull();
  });
});

describe.runIf(isRoot)('a server that ends with all of its processes at once, as by Ctrl-C (needs root)', () => {
  test('says of none of them that it died, and starts none again', async () => {
    await using receiver = await withReceiver({ start: false });
    const key = await receiver.makeKey();
    await receiver.writeSources({ laptop: { uid: 31_001, keys: [key.line] } });
    await receiver.start();
    await answers(receiver, 'laptop', key);
    const children = z.object({ server: z.object({ coordinatorPid: z.int(), monitorPid: z.int(), sshdPid: z.int() }) });
    const { stdout } = await receiver.cli('status', '--json', '--data', receiver.dataDir);
    const { coordinatorPid, monitorPid, sshdPid } = children.parse(parseJson(stdout)).server;
    const ended = receiver.stop('SIGINT');
    for (const pid of [coordinatorPid, monitorPid, sshdPid]) process.kill(pid, 'SIGINT');
    expect(await ended).toBe(0);
    expect([isAlive(coordinatorPid), isAlive(monitorPid)]).toEqual([false, false]);
    expect(receiver.log).toContain('"msg":"stopping"');
    expect(receiver.log).not.toMatch(/died|started again/);
  });
});

describe.runIf(isRoot)('a server whose jobs come every few seconds (needs root)', () => {
  test('while the coordinator can not run that is a condition, and backups go on; it is over when it can', async () => {
    await using receiver = await withReceiver({ quick: true });
    const key = await receiver.makeKey();
    await receiver.writeSources({ laptop: { uid: 31_001, keys: [key.line] } });
    await answers(receiver, 'laptop', key);
    const folder = join(receiver.dataDir, 'coordinator');
    await chown(folder, 31_999, 31_999);
    process.kill((await pidOf(receiver)) ?? 0, 'SIGKILL');
    const isDown = async () => (await statusOf(receiver)).conditions.find(({ key }) => key === 'coordinator-down');
    await eventually('it is a condition', 30_000, async () => (await isDown()) !== undefined);
    expect(await isDown()).toMatchObject({
      text: expect.stringContaining(`${folder} belongs to UID 31999`),
      remedy: expect.stringContaining(`chown -hR ${coordinatorUid}:${coordinatorUid} ${folder}`),
    });
    expect(await pidOf(receiver)).toBeNull();
    const { exitCode, stderr } = await receiver.ssh('laptop', key, 'control');
    expect([exitCode, stderr]).toEqual([69, expect.stringContaining('backups work without it')]);
    await using client = await restClientOf(receiver, 'laptop', key);
    const object = randomObject(1000);
    expect((await client.request('POST', object.path, object.bytes)).status).toBe(200);
    await chown(folder, coordinatorUid, coordinatorUid);
    await answers(receiver, 'laptop', key, 60_000);
    await eventually('it is over', 5000, async () => (await isDown()) === undefined);
  });

  test('a source whose storage can not be read is known as that, in the disk’s own words, until it can', async () => {
    await using receiver = await withReceiver({ quick: true });
    const key = await receiver.makeKey();
    await receiver.writeSources({ laptop: { uid: 31_001, keys: [key.line] } });
    await answers(receiver, 'laptop', key);
    const journal = join(receiver.dataDir, 'sources/laptop/journal');
    await writeFile(join(journal, '2026-11.jsonl'), '');
    await chown(journal, 0, 0);
    // Conditions wait a minute, so that nothing that comes and goes wakes anybody; status does not.
    const found = async () => (await statusOf(receiver)).sources[0];
    await eventually('it is known', 30_000, async () => (await found())?.state === 'unreadable');
    expect((await found())?.words).toContain('EACCES: permission denied');
    await chown(journal, 31_001, 31_001);
    await eventually('it is over', 30_000, async () => (await found())?.state !== 'unreadable');
  });

  test('a scrub stops when a backup takes the last place, and goes on after it', async () => {
    await using receiver = await withReceiver({ quick: true, start: false });
    const key = await receiver.makeKey();
    const settings = 'server: { concurrency: 1, scrub: 1d, scrub_rate: 1M }\npage: off\n';
    await receiver.writeConfig(`${settings}sources:\n  laptop: { uid: 31001, key: '${key.line}' }\n`);
    await receiver.start();
    await using client = await restClientOf(receiver, 'laptop', key);
    for (let count = 0; count < 5; count += 1) {
      const object = randomObject(8 * 1024 ** 2);
      expect((await client.request('POST', object.path, object.bytes)).status).toBe(200);
    }
    await answers(receiver, 'laptop', key);
    const scrub = async () =>
      jobs.parse(parseJson(await readText(join(receiver.dataDir, 'jobs.json')))).sources.laptop.scrub;
    await eventually('it scrubs what came', 30_000, async () => {
      const { startedAt, endedAt } = (await scrub()) ?? never;
      return endedAt === null && Date.now() - Date.parse(startedAt) > 2000;
    });
    const run = randomUUID();
    expect((await lease(receiver, 'laptop', key, run)).answer.kind).toBe('granted');
    await eventually('it stopped', 15_000, async () => (await scrub())?.outcome === 'stopped');
    const { endedAt } = (await scrub()) ?? never;
    await sleep(4000);
    expect(await scrub()).toMatchObject({ outcome: 'stopped', endedAt });
    expect(await report(receiver, 'laptop', key, run)).toBe(201);
    await eventually('it goes on', 15_000, async () => ((await scrub())?.startedAt ?? '') > (endedAt ?? ''));
    expect((await statusOf(receiver)).conditions).toEqual([]);
  });
});

const job = z.object({ startedAt: z.string(), endedAt: z.string().nullable(), outcome: z.string().nullable() });
const jobs = z.object({ sources: z.object({ laptop: z.object({ scrub: job.optional() }) }) });
const never = { startedAt: '9999', endedAt: '', outcome: null };
const readText = (path: string): Promise<string> => readFile(path, 'utf8');

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('without root it runs as the server’s own user', async () => {
  await using receiver = await withReceiver({ mode: 'rootless' });
  const key = await receiver.makeKey();
  await receiver.writeSources({ laptop: { uid: 31_001, keys: [key.line] } });
  await answers(receiver, 'laptop', key);
  expect((await assignmentOf(receiver, 'laptop', key))?.source).toBe('laptop');
});

test.runIf(isRoot)('under Landlock it has what it needs, sockets above all (needs root)', async ({ skip }) => {
  await using tools = await landlockTools();
  if (tools.missing !== null) return skip(tools.missing);
  await using receiver = await withReceiver({ setpriv: tools.folder });
  const [alpha, beta] = [await receiver.makeKey(), await receiver.makeKey()];
  await receiver.writeSources({ alpha: { uid: 31_001, keys: [alpha.line] } });
  await answers(receiver, 'alpha', alpha);
  expect((await statusOf(receiver)).server.jail.kind).toBe('landlock');
  await receiver.writeSources({ beta: { uid: 31_002, keys: [beta.line] } });
  await answers(receiver, 'beta', beta);
  const run = randomUUID();
  expect((await lease(receiver, 'beta', beta, run)).status).toBe(201);
  expect(await report(receiver, 'beta', beta, run)).toBe(201);
});
