import { Problem } from '@berth/common/problem.ts';
import { expect, test } from 'vitest';
import type { ExecRequest } from './containers.ts';
import { openContainers } from './docker.ts';
import { type FakeProcess, withFakeEngine } from './fake-engine.ts';
import { composed, someContainer } from './testing.ts';

const go = new AbortController().signal;

const problemOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );

const exec = async (run: (argv: readonly string[]) => FakeProcess, request: Partial<ExecRequest> = {}) => {
  await using engine = await withFakeEngine([someContainer('db')], { run });
  const out: Buffer[] = [];
  const onStdout = (chunk: Uint8Array) => void out.push(Buffer.from(chunk));
  const end = await engine.containers
    .exec(await engine.containers.find({ name: 'db' }), { argv: ['pg_dump'], onStdout, ...request }, go)
    .catch((error: unknown) => error);
  return { end, out: Buffer.concat(out).toString() };
};

test('a tool in a container gives its output, its last words and its code', async () => {
  const { end, out } = await exec(() => ({ stdout: 'rows', stderr: 'careful\n', code: 3 }));
  expect({ end, out }).toEqual({ end: { code: 3, stderr: ['careful'] }, out: 'rows' });
});

test('a code that Podman tells while the process still runs is not believed', async () => {
  const { end } = await exec(() => ({ stdout: 'half', code: 1, runsOn: 3 }));
  expect(end).toEqual({ code: 1, stderr: [] });
});

test('a program that is missing is missing, and what the engine says of it reaches no dump', async () => {
  for (const code of [126, 127]) {
    const words =
      'OCI runtime exec failed: exec failed: unable to start: exec: "sh": executable file not found in $PATH';
    const { end, out } = await exec(() => ({ stdout: `${words}\r\n`, code, refused: true }));
    expect(end).toMatchObject({ code: 'tool-missing' });
    expect(out).toBe('');
  }
  const { end } = await exec(() => ({ stderr: 'sh: pg_dump: not found\n', code: 127 }));
  expect(end).toMatchObject({ code: 'tool-missing' });
});

test('a tool that ran and ended with 127 of its own keeps its code', async () => {
  const { end, out } = await exec(() => ({ stdout: 'rows', code: 127 }));
  expect({ end, out }).toEqual({ end: { code: 127, stderr: [] }, out: 'rows' });
});

test('a user the image does not know is said, and is no missing program', async () => {
  const words = 'unable to find user postgres: no matching entries in passwd file';
  const { end, out } = await exec(() => ({ stdout: words, code: 126, refused: true }));
  expect(end).toMatchObject({
    code: 'engine-refused',
    message: expect.stringContaining('unable to find user postgres'),
  });
  expect(out).toBe('');
});

test('what a tool in an image without a shell writes is its dump, with all of its beginning', async () => {
  const noShell = { stdout: 'exec: "sh": executable file not found in $PATH', code: 126, refused: true };
  const { end, out } = await exec((argv) => (argv[0] === 'pg_dump' ? { stdout: 'rows', code: 0 } : noShell), {
    argv: ['pg_dump'],
  });
  expect({ end, out }).toEqual({ end: { code: 0, stderr: [] }, out: 'rows' });
});

test('the number of the process is told before its program begins, and who cannot note it has none started', async () => {
  const pids: number[] = [];
  await exec(() => ({ code: 0 }), { onPid: (pid) => void pids.push(pid) });
  expect(pids).toEqual([7]);
  const { end, out } = await exec(() => ({ stdout: 'rows', code: 0 }), {
    onPid: () => {
      throw new Error('the book is full');
    },
  });
  expect(end).toEqual(new Error('the book is full'));
  expect(out).toBe('');
});

test.each(['docker', 'podman'] as const)(
  'stopping, starting, pausing what is so already is done already (%s)',
  async (dialect) => {
    await using engine = await withFakeEngine([someContainer('db')], { dialect });
    const { containers } = engine;
    const db = await containers.find({ name: 'db' });
    await containers.start(db);
    await containers.pause(db);
    await containers.pause(db);
    expect(engine.stateOf('db')).toBe('paused');
    await containers.stop(db, 1, go);
    await containers.stop(db, 1, go);
    expect(engine.stateOf('db')).toBe('exited');
    expect(await problemOf(containers.pause(db))).toBe('engine-refused');
    await containers.start(db);
    await containers.unpause(db);
    expect(engine.stateOf('db')).toBe('running');
  },
);

test('a service is found by its project, past what compose run left, and a running one first', async () => {
  const idle = composed('shop', 'db', [], { state: 'exited' });
  const second = { ...composed('shop', 'db'), id: 'second', name: 'shop-db-2' };
  const oneOff = composed('shop', 'db', [], { id: 'once', name: 'shop-db-run-1' });
  const compose = { project: 'shop', service: 'db', dependsOn: [] };
  await using engine = await withFakeEngine([
    { ...oneOff, compose: { ...compose, number: '1', oneOff: true } },
    idle,
    { ...second, compose: { ...compose, number: '2', oneOff: false } },
  ]);
  expect((await engine.containers.find({ project: 'shop', service: 'db' })).name).toBe('shop-db-2');
  expect(await problemOf(engine.containers.find({ project: 'shop', service: 'web' }))).toBe('container-missing');
});

test('a name is a name: no beginning of an id, and nothing that changes the question', async () => {
  await using engine = await withFakeEngine([someContainer('db')]);
  for (const name of ['d', '../version', 'db?x=1', '']) {
    expect(await problemOf(engine.containers.find({ name }))).toBe('container-missing');
  }
});

test('an engine that is not there, and an address that is none, are told apart', async () => {
  expect(await problemOf(openContainers('unix:///nowhere/docker.sock', {}))).toBe('engine-away');
  expect(await problemOf(openContainers(null, { DOCKER_HOST: 'unix:///nowhere/docker.sock' }))).toBe('engine-away');
  expect(await problemOf(openContainers('ssh://me@nas', {}))).toBe('engine-refused');
});

test('an engine is found by itself, Podman too, and DOCKER_HOST is believed before', async () => {
  await using engine = await withFakeEngine([someContainer('db')]);
  await using found = await openContainers(null, { DOCKER_HOST: engine.where, XDG_RUNTIME_DIR: '/nowhere' });
  expect((await found.list()).map(({ name }) => name)).toEqual(['db']);
});
