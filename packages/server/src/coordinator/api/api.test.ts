import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assignmentSchema } from '@berth/common/control/assignment.ts';
import { leaseAnswerSchema } from '@berth/common/control/lease.ts';
import { usageSchema } from '@berth/common/control/usage.ts';
import { bodyLimits, refusalSchema } from '@berth/common/control/wire.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { socketFile, socketFolder } from '../paths.ts';
import { openState } from '../state/sqlite.ts';
import type { State } from '../state/state.ts';
import { noonMs, report, source, startFleet } from '../testing.ts';
import type { Allowance } from './budget.ts';
import { type Bounds, Sockets } from './sockets.ts';

/** A fleet behind real sockets. */
const startApi = async (
  names: readonly string[],
  options: {
    readonly bounds?: Partial<Bounds>;
    readonly allowance?: Allowance;
    readonly state?: (real: State) => State;
  } = {},
) => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-api-'));
  const control = join(folder, 'c');
  const makeFolders = (all: readonly string[]): void => {
    for (const name of all) mkdirSync(socketFolder(control, name), { recursive: true });
  };
  const real = openState(join(folder, 'state.db'), { now: () => new Date(noonMs) }).state;
  const started = await startFleet(
    names.map((name) => source(name)),
    { folder, state: options.state?.(real) ?? real },
  );
  const bugs: unknown[] = [];
  const logged: string[] = [];
  const log = pino({}, { write: (line: string) => void logged.push(line) });
  const sockets = new Sockets({
    ...{ control, fleet: started.fleet, log, onBug: (error: unknown) => bugs.push(error) },
    ...(options.bounds !== undefined && { bounds: options.bounds }),
    ...(options.allowance !== undefined && { allowance: options.allowance }),
  });
  makeFolders(names);
  expect(await sockets.apply(names)).toEqual([]);
  const ask = (name: string, method: string, path: string, body?: unknown, agent?: Agent) =>
    new Promise<{ status: number; body: unknown }>((resolve, reject) => {
      const asked = request(
        { socketPath: socketFile(control, name), method, path, ...(agent && { agent }) },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: parseJson(Buffer.concat(chunks).toString('utf8')) }),
          );
        },
      );
      asked.on('error', reject);
      asked.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    });
  const deliver = (name: string, change: Parameters<typeof report>[1] = {}) => {
    const made = report(noonMs, change);
    const sent = { sentAt: new Date(noonMs).toISOString(), report: made };
    return ask(name, 'POST', `/v1/runs/${made.run}/report`, sent);
  };
  const end = async (): Promise<void> => {
    sockets.close();
    await started[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
    expect(bugs).toEqual([]);
  };
  return { ...started, control, logged, sockets, ask, deliver, makeFolders, [Symbol.asyncDispose]: end };
};

const codeOf = ({ body }: { readonly body: unknown }): string => refusalSchema.parse(body).error.code;
const run = '11111111-1111-4111-8111-111111111111';

test('every answer is of the shape that both ends agreed on', async () => {
  await using api = await startApi(['laptop']);
  expect(assignmentSchema.parse((await api.ask('laptop', 'GET', '/v1/assignment')).body).source).toBe('laptop');
  expect(usageSchema.parse((await api.ask('laptop', 'GET', '/v1/usage')).body).state).toBe('never');
  const granted = await api.ask('laptop', 'POST', '/v1/runs', { run, reason: 'person' });
  expect([granted.status, leaseAnswerSchema.parse(granted.body).kind]).toEqual([201, 'granted']);
  const beat = { step: 'backup', bytesDone: 5, bytesTotal: 10 };
  expect((await api.ask('laptop', 'PATCH', `/v1/runs/${run}`, beat)).status).toBe(200);
  expect(await api.deliver('laptop', { run })).toEqual({ status: 201, body: { kept: 'new' } });
  expect(await api.deliver('laptop', { run })).toEqual({ status: 200, body: { kept: 'known' } });
  expect(usageSchema.parse((await api.ask('laptop', 'GET', '/v1/usage')).body).state).toBe('fine');
});

test('who speaks is known by the socket alone: a report that names another source is refused, and said', async () => {
  await using api = await startApi(['laptop', 'tower']);
  expect(await api.deliver('laptop', { source: 'tower', run })).toMatchObject({ status: 400 });
  expect(codeOf(await api.deliver('laptop', { source: 'tower' }))).toBe('other-source');
  expect((await api.deliver('tower', { source: 'tower', run })).status).toBe(201);
  // The same run by another source is another run.
  expect((await api.deliver('laptop', { run })).status).toBe(201);
  const codes = api.said.flatMap((message) => (message.type === 'words' ? message.words : []));
  expect(codes).toContainEqual({
    raise: expect.objectContaining({ code: 'report-refused', source: 'laptop', severity: 'warning' }),
  });
  expect(codes.at(-1)).toEqual({ resolve: 'report-refused:laptop' });
});

test('rubbish has stable codes, and leaves nothing behind', async () => {
  await using api = await startApi(['laptop']);
  const path = `/v1/runs/${run}/report`;
  const sentAt = new Date(noonMs).toISOString();
  const made = report(noonMs, { run });
  const cases: readonly (readonly [string, string, unknown, number, string])[] = [
    ['POST', path, 'not json', 400, 'no-json'],
    ['POST', path, '', 400, 'no-json'],
    ['POST', path, '{"a":"\ud800"}', 400, 'wrong-shape'],
    ['POST', path, { sentAt, report: { ...made, attempts: 'many' } }, 400, 'wrong-shape'],
    ['POST', path, { sentAt, report: { ...made, version: 2 } }, 400, 'wrong-shape'],
    ['POST', path, { sentAt: 'yesterday', report: made }, 400, 'wrong-shape'],
    ['POST', `/v1/runs/${run.replaceAll('1', '2')}/report`, { sentAt, report: made }, 400, 'other-run'],
    ['POST', '/v1/runs/..%2f..%2f/report', { sentAt, report: made }, 404, 'unknown-run'],
    ['POST', path, 'x'.repeat(bodyLimits.report + 1), 413, 'too-large'],
    ['POST', '/v1/runs', { run, reason: 'slot', more: 'x'.repeat(bodyLimits.other) }, 413, 'too-large'],
    ['POST', '/v1/runs', { run: 'mine', reason: 'slot' }, 400, 'wrong-shape'],
    ['PATCH', `/v1/runs/${run}`, { step: 'Step!', bytesDone: null, bytesTotal: null }, 400, 'wrong-shape'],
    ['PATCH', `/v1/runs/${run}`, { step: null, bytesDone: -1, bytesTotal: null }, 400, 'wrong-shape'],
    ['DELETE', '/v1/runs', undefined, 405, 'method'],
    ['GET', '/v1/sources', undefined, 404, 'unknown-path'],
    ['GET', '/', undefined, 404, 'unknown-path'],
  ];
  for (const [method, at, body, status, code] of cases) {
    const answer = await api.ask('laptop', method, at, body);
    expect([method, at, answer.status, codeOf(answer)]).toEqual([method, at, status, code]);
  }
  expect(await api.state.runs('laptop', 9)).toEqual([]);
  expect((await api.deliver('laptop', { run })).status).toBe(201);
});

test('a body that breaks off in the middle is no report', async () => {
  await using api = await startApi(['laptop']);
  const text = JSON.stringify({ sentAt: new Date(noonMs).toISOString(), report: report(noonMs, { run }) });
  const half = connect(socketFile(api.control, 'laptop'));
  half.write(
    `POST /v1/runs/${run}/report HTTP/1.1\r\nhost: b\r\ncontent-length: ${text.length}\r\n\r\n${text.slice(0, 200)}`,
  );
  await sleep(30);
  half.destroy();
  await sleep(30);
  expect(await api.state.runs('laptop', 9)).toEqual([]);
  expect((await api.ask('laptop', 'GET', '/v1/usage')).status).toBe(200);
});

test('a client that dribbles its request, or sends what is no HTTP, is cut off; its neighbours notice nothing', async () => {
  await using api = await startApi(['laptop', 'tower'], { bounds: { headersMs: 150, requestMs: 200, checkMs: 20 } });
  const told = (words: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(socketFile(api.control, 'laptop'));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
      socket.write(words);
    });
  const slow = [
    told('GET /v1/usage HTTP/1.1\r\n'),
    told('POST /v1/runs HTTP/1.1\r\nhost: b\r\ncontent-length: 9\r\n\r\n{'),
  ];
  expect(await told('\u0000\u0001 what\r\n\r\n')).toBe('HTTP/1.1 400 Bad Request');
  expect(await told(`GET /v1/usage HTTP/1.1\r\nx: ${'y'.repeat(10_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4/);
  expect((await api.ask('tower', 'GET', '/v1/usage')).status).toBe(200);
  for (const answer of await Promise.all(slow)) expect(answer).toBe('HTTP/1.1 408 Request Timeout');
});

test('a source has eight connections, and a budget of requests; another source has its own', async () => {
  await using api = await startApi(['laptop', 'tower'], { allowance: { most: 20, perSecond: 1 } });
  const held = Array.from({ length: 8 }, () => connect(socketFile(api.control, 'laptop')));
  await sleep(30);
  await expect(api.ask('laptop', 'GET', '/v1/usage')).rejects.toThrow();
  expect((await api.ask('tower', 'GET', '/v1/usage')).status).toBe(200);
  for (const socket of held) socket.destroy();
  await sleep(30);
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const many = Array.from({ length: 40 }, () => api.ask('laptop', 'GET', '/v1/usage', undefined, agent));
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  agent.destroy();
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect((await api.ask('tower', 'GET', '/v1/usage')).status).toBe(200);
});

test('a full disk is said as such, the report is not taken, and what can be answered is', async () => {
  let isFull = true;
  const full = new Problem('disk-full', 'The disk is full.', 'Free space.');
  await using api = await startApi(['laptop'], {
    state: (real) => ({
      ...real,
      addReport: (one) => (isFull ? Promise.reject(full) : real.addReport(one)),
      save: (changes) => (isFull ? Promise.reject(full) : real.save(changes)),
    }),
  });
  const granted = await api.ask('laptop', 'POST', '/v1/runs', { run, reason: 'person' });
  expect(granted.status).toBe(201);
  const refused = await api.deliver('laptop', { run });
  expect([refused.status, codeOf(refused)]).toEqual([507, 'disk-full']);
  expect(api.entry('laptop').lease).not.toBeNull();
  isFull = false;
  expect((await api.deliver('laptop', { run })).status).toBe(201);
  expect(api.entry('laptop').lease).toBeNull();
});

test('sockets come and go with the configuration, also over one that a killed coordinator left', async () => {
  await using api = await startApi(['laptop']);
  api.makeFolders(['tower']);
  await api.apply([source('tower')]);
  expect(await api.sockets.apply(['tower'])).toEqual([]);
  expect((await api.ask('tower', 'GET', '/v1/usage')).status).toBe(200);
  await expect(api.ask('laptop', 'GET', '/v1/usage')).rejects.toThrow('ENOENT');
  expect(readdirSync(socketFolder(api.control, 'laptop'))).toEqual([]);
  const other = new Sockets({
    control: api.control,
    fleet: api.fleet,
    log: pino({ level: 'silent' }),
    onBug: () => undefined,
  });
  expect(await other.apply(['tower', 'nowhere'])).toEqual(['nowhere']);
  expect((await api.ask('tower', 'GET', '/v1/usage')).status).toBe(200);
  other.close();
});

test('a socket whose folder was made anew is listened on anew, and its neighbours keep theirs', async () => {
  await using api = await startApi(['laptop', 'tower']);
  const agent = new Agent({ keepAlive: true });
  expect((await api.ask('tower', 'GET', '/v1/usage', undefined, agent)).status).toBe(200);
  const tower = lstatSync(socketFile(api.control, 'tower')).ino;
  rmSync(socketFolder(api.control, 'laptop'), { recursive: true });
  api.makeFolders(['laptop']);
  await expect(api.ask('laptop', 'GET', '/v1/usage')).rejects.toThrow('ENOENT');
  expect(await api.sockets.apply(['laptop', 'tower'])).toEqual([]);
  expect((await api.ask('laptop', 'GET', '/v1/usage')).status).toBe(200);
  expect(lstatSync(socketFile(api.control, 'tower')).ino).toBe(tower);
  agent.destroy();
});

test('a source whose path is too long for a socket has none, and the log says so; the others have theirs', async () => {
  await using api = await startApi(['box']);
  const long = 'x'.repeat(100);
  api.makeFolders([long]);
  expect(await api.sockets.apply(['box', long])).toEqual([long]);
  expect(api.logged.join('')).toContain('The path of a socket may have 107 bytes');
  expect(await api.ask('box', 'GET', '/v1/assignment')).toMatchObject({ status: 200 });
});
