import { randomBytes } from 'node:crypto';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '@berth/common/parse-json.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { arrivalsOf, mostAtOnce, reportsOf, type Span, timeAtServer } from './helpers/fleet.ts';
import { hostKeyOf, Machine } from './helpers/machine.ts';
import { rawControl } from './helpers/raw-control.ts';
import { type ClientKey, eventually, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';

const concurrency = 2;
const honest = ['anna', 'boat', 'cellar', 'desk', 'east', 'fair', 'gate', 'hall'] as const;
const stranger = 'stranger';
const talker = 'talker';
const names = [...honest, stranger, talker];

/** What `berth-server status --json` says of each source. */
const fleet = z.object({
  sources: z.array(z.looseObject({ name: z.string(), state: z.string() })),
});

/** The day of a fleet: ten machines, each with its own UID, and room for two at a time. */
const opened = new AsyncDisposableStack();
let receiver: TestReceiver;
const machines = new Map<string, Machine>();
const machine = (name: string): Machine => {
  const found = machines.get(name);
  if (found === undefined) throw new Error(`no machine is called ${name}`);
  return found;
};

beforeAll(async () => {
  receiver = opened.use(await withReceiver({ quick: true }));
  const server = `127.0.0.1:${receiver.port}`;
  const hostKey = await hostKeyOf(receiver);
  const lines: string[] = [];
  for (const name of names) {
    const made = opened.use(await Machine.make());
    machines.set(name, made);
    lines.push(await made.knock(server, name, hostKey));
  }
  await receiver.writeConfig(`server: { concurrency: ${concurrency} }\nsources:\n${lines.join('\n')}\n`);
  await eventually('every machine is let in', 20_000, async () => receiver.letsIn(talker, keyOf(machine(talker))));
  for (let index = 0; index < names.length; index += 2) {
    await Promise.all(names.slice(index, index + 2).map((name) => machine(name).enter(server, name, hostKey)));
  }
}, 180_000);
afterAll(() => opened.disposeAsync(), 60_000);

const keyOf = ({ home }: Machine): ClientKey => ({ file: join(home, 'id_ed25519'), line: '' });

const statesNow = async (): Promise<ReadonlyMap<string, string>> => {
  const { stdout } = await receiver.cli('status', '--json', '--data', receiver.dataDir);
  return new Map(fleet.parse(parseJson(stdout)).sources.map((source) => [source.name, source.state]));
};

/** What went on at the server since `since`: by the agents' reports, and that nothing arrived outside of them. */
const spansSince = async (since: number, killed: ReadonlyMap<string, Span>): Promise<readonly Span[]> => {
  const spans: Span[] = [];
  for (const name of names) {
    const reports = await reportsOf(machine(name));
    const own = [...reports.flatMap((report) => timeAtServer(report) ?? []), ...[killed.get(name) ?? []].flat()];
    const now = own.filter(({ from }) => from >= since);
    const arrivals = (await arrivalsOf(receiver, name)).filter((at) => at >= since);
    const outside = arrivals.filter((at) => !now.some(({ from, to }) => from <= at && at <= to + 1000));
    expect({ name, outside }).toEqual({ name, outside: [] });
    spans.push(...now);
  }
  return spans;
};

test.skipIf(!isRoot)(
  'ten machines that begin together store no more than two at a time; one killed midway, one with a bad key and one that talks rubbish hurt nobody',
  async () => {
    const since = Date.now();
    const rogue = await receiver.makeKey();
    await copyFile(rogue.file, join(machine(stranger).home, 'id_ed25519'));
    await writeFile(join(machine('anna').files, 'film'), randomBytes(150_000_000));
    const killedFrom = Date.now();
    const power = machine('anna').startWithPower('backup');
    await eventually('the first machine stores', 30_000, async () =>
      (await arrivalsOf(receiver, 'anna')).some((at) => at >= killedFrom),
    );
    const others = Promise.all([...honest.slice(1), stranger].map(async (name) => machine(name).berth('backup')));
    await power.cut();
    const killed = new Map([['anna', { from: killedFrom, to: Date.now() }]]);
    const rubbish = await talkRubbish();
    await sleep(1000);
    expect(await machine('anna').berth('backup')).toMatchObject({ exitCode: 0 });
    expect(await machine(talker).berth('backup')).toMatchObject({ exitCode: 0 });
    const ended = await others;
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([...honest.slice(1).map(() => 0), 5]);
    expect(ended.at(-1)?.stderr).toMatch(/refused|does not know/i);
    expect(rubbish).toEqual({ oversized: 413, wrongTypes: 400, another: 400, nowhere: 404, noJson: 400 });

    const spans = await spansSince(since, killed);
    expect(spans.length).toBeGreaterThanOrEqual(honest.length + 2);
    // On a machine that is busy with other things two may never meet; three must not.
    expect(mostAtOnce(spans)).toBeLessThanOrEqual(concurrency);
    await eventually('every report is kept', 20_000, async () => {
      const states = await statesNow();
      return [...honest, talker].every((name) => states.get(name) === 'fine');
    });
    expect((await statesNow()).get(stranger)).toBe('never');
  },
  280_000,
);

/** What a source may not say, said by one that may log in; each with the status it gets. */
const talkRubbish = async (): Promise<Readonly<Record<string, number>>> => {
  const key = keyOf(machine(talker));
  const run = crypto.randomUUID();
  const [report] = await reportsOf(machine('boat'));
  const now = new Date().toISOString();
  const send = async (head: string, body: string): Promise<number> =>
    (await rawControl(receiver, talker, key, head, body)).status;
  const path = `POST /v1/runs/${run}/report`;
  const honestOne = report ?? emptyReport(run, now);
  return {
    oversized: await send(path, JSON.stringify({ sentAt: now, report: 'x'.repeat(5 * 1024 ** 2) })),
    wrongTypes: await send(path, JSON.stringify({ sentAt: 'yesterday', report: { run: 7, outcome: ['ok'] } })),
    another: await send(path, JSON.stringify({ sentAt: now, report: { ...honestOne, run, source: 'boat' } })),
    nowhere: await send('PATCH /v1/runs/../boat', JSON.stringify({ step: null, bytesDone: null, bytesTotal: null })),
    noJson: await send('POST /v1/runs', '{"run":'),
  };
};

const emptyReport = (run: string, at: string) => ({
  ...{ version: 1, run, source: talker, startedAt: at, endedAt: at, outcome: 'failed', reason: null },
  ...{ message: null, remedy: null, attempts: 1, dryRun: false, snapshot: null, steps: [], stepsLeftOut: 0 },
  ...{ versions: { berth: '0', restic: null, node: '24', system: 'linux' }, warnings: [] },
});

test.skipIf(!isRoot)(
  'machines that slept through their slots ask as soon as they wake, and still store no more than two at a time',
  async () => {
    const sleepers = honest.slice(0, 5);
    for (const name of sleepers) await machine(name).berth('run', '--if-due');
    await receiver.stop();
    // A slot of each passes while they sleep; one within six hours after a success would need no run.
    await receiver.sleepAhead(31 * 3_600_000);
    await receiver.start();
    // Only the server's clock can be sent ahead: by their own books they ran just now, and were told of slots to come.
    for (const name of sleepers) {
      for (const book of ['assignment.json', 'reports']) {
        await rm(join(machine(name).home, 'state', book), { recursive: true });
      }
    }
    const since = Date.now();
    await eventually('all have caught up', 200_000, async () => {
      const wakes = await Promise.all(sleepers.map((name) => machine(name).berth('run', '--if-due')));
      expect(wakes.map(({ exitCode }) => exitCode)).toEqual(sleepers.map(() => 0));
      const counts = await Promise.all(sleepers.map(async (name) => (await reportsOf(machine(name))).length));
      return counts.every((count) => count > 0);
    });
    expect(mostAtOnce(await spansSince(since, new Map()))).toBeLessThanOrEqual(concurrency);
    const states = await statesNow();
    expect(sleepers.map((name) => states.get(name))).toEqual(sleepers.map(() => 'fine'));
  },
  280_000,
);
