import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { type Condition, decide, type Word } from '../../events/condition.ts';
import { Coordinator, type CoordinatorOptions } from './coordinator.ts';

/** A coordinator for tests: it does what `script` says, and echoes every message as `places` of its order. */
const program = (script: string): readonly string[] => [
  process.execPath,
  '-e',
  `const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
  const lines = require('node:readline').createInterface({ input: process.stdin });
  lines.on('close', () => process.exit());
  ${script}`,
];
const answers = `lines.on('line', (line) => {
  const message = JSON.parse(line);
  if (message.type === 'config') say({ type: 'applied', sources: message.sources.length });
  if (message.type === 'stored') say({ type: 'places', free: message.facts.snapshots });
});`;

const config = (...names: readonly string[]): Parameters<Coordinator['apply']>[0] => ({
  type: 'config',
  concurrency: 2,
  timeZone: 'UTC',
  sources: names.map((name) => ({
    ...{ name, uid: 4001, everyMs: 86_400_000, window: null, overdueAfterMs: 1, quotaBytes: null, hasAgent: true },
    isPhone: false,
    policy: { retention: null, prune: null, check: null },
  })),
});
const facts = (snapshots: number) => ({
  ...{ at: '2026-11-14T02:00:00.000Z', live: { bytes: 1, objects: 1 }, trash: { bytes: 0, objects: 0 } },
  ...{ snapshots, lastSnapshotAt: null, unreadable: null },
});

let running: Coordinator | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

/** The server around it: what it heard, and what is open. */
const server = (command: readonly string[], more: Partial<CoordinatorOptions> = {}) => {
  const world = {
    open: [] as readonly Condition[],
    places: [] as (number | null)[],
    pids: [] as (number | null)[],
    log: [] as string[],
    keys: () => world.open.map(({ key }) => key),
  };
  const coordinator = new Coordinator({
    command,
    prepare: () => undefined,
    makeFolders: () => undefined,
    keeper: {
      say: async (words: readonly Word[]) => {
        world.open = decide(world.open, words, Date.now()).open;
      },
    },
    open: () => world.open,
    onPlaces: (free) => world.places.push(free),
    onChange: (pid) => world.pids.push(pid),
    log: pino({ base: null }, { write: (line: string) => world.log.push(line) }),
    patience: { downMs: 100, answerMs: 10_000, endMs: 500 },
    ...more,
  });
  running = coordinator;
  coordinator.apply(config('laptop'));
  return { world, coordinator };
};
const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 10_000) throw new Error(`not within 10 s: ${what}`);
    await sleep(10);
  }
};

test('it is told what there is to know, and says how many places are free', async () => {
  const { world, coordinator } = server(program(answers));
  coordinator.stored('laptop', facts(7));
  coordinator.start();
  await until('it answered', () => world.places.includes(7));
  expect(world.pids).toEqual([expect.any(Number)]);
  expect(world.open).toEqual([]);
  await coordinator.stop();
  expect(world.pids.at(-1)).toBeNull();
});

test('killed, it is started again and told everything again; meanwhile no places are counted', async () => {
  const { world, coordinator } = server(program(answers));
  coordinator.stored('laptop', facts(7));
  coordinator.start();
  await until('it answered', () => world.places.includes(7));
  process.kill(world.pids.at(-1) ?? 0, 'SIGKILL');
  await until('it answers again', () => world.places.filter((free) => free === 7).length === 2);
  // Before the first, and after it.
  expect(world.places).toEqual([null, 7, null, 7]);
  expect(world.log.join('')).toContain('ended by SIGKILL');
});

test('down for long it is a condition with its own last words, which is over once it answers', async () => {
  const dies = program(`console.error('TypeError: it broke'); process.exit(3);`);
  const { world, coordinator } = server(dies);
  coordinator.start();
  await until('it is a condition', () => world.open[0]?.text.includes('TypeError: it broke; exit code 3') === true);
  expect(world.open).toMatchObject([{ key: 'coordinator-down', severity: 'warning', source: null }]);
  await coordinator.stop();
  const next = server(program(answers));
  next.world.open = world.open;
  next.coordinator.start();
  await until('it is over', () => next.world.open.length === 0);
});

test('a folder that stands in its way is told with the way out, and tried again', async () => {
  let isInOrder = false;
  const prepare = (): void => {
    if (!isInOrder) throw new Problem('coordinator-folder', 'It belongs to UID 7.', 'Type: chown');
  };
  const { world, coordinator } = server(program(answers), { prepare });
  coordinator.start();
  await until('it is a condition', () => world.open[0]?.text.includes('It belongs to UID 7') === true);
  expect(world.open[0]?.remedy).toBe('Type: chown');
  isInOrder = true;
  await until('it runs', () => world.open.length === 0);
});

test('what it says is taken only in the words that were agreed', async () => {
  const raise = (code: string): string =>
    `{ raise: { code: '${code}', source: 'laptop', subject: null, severity: 'critical', text: 't', remedy: 'r' } }`;
  const { world, coordinator } = server(
    program(`${answers}
      process.stdout.write('not json\\n' + 'x'.repeat(9 * 1024 ** 2) + '\\n');
      say({ type: 'exec', command: 'id' });
      say({ type: 'words', words: [${raise('mass-delete')}] });
      say({ type: 'words', words: [${raise('overdue')}, { resolve: 'disk-failing:laptop' }] });`),
    { patience: { downMs: 10_000, answerMs: 10_000, endMs: 500 } },
  );
  world.open = decide(
    [],
    [{ raise: { code: 'disk-failing', source: 'laptop', subject: null, severity: 'critical', text: '', remedy: '' } }],
    0,
  ).open;
  coordinator.start();
  await until('it was heard', () => world.keys().includes('overdue:laptop'));
  expect(world.keys()).toEqual(['disk-failing:laptop', 'overdue:laptop']);
});

test('one that hangs is killed and started again', async () => {
  const { world, coordinator } = server(program(''), { patience: { downMs: 100, answerMs: 200, endMs: 500 } });
  coordinator.start();
  await until('it was started twice', () => world.pids.filter((pid) => pid !== null).length === 2);
  expect(world.log.join('')).toContain('does not answer');
});

test('one that put everything in force and then falls silent is killed and started again; one that says it goes on is not', async () => {
  const patience = { downMs: 100, answerMs: 400, endMs: 500 };
  const { world, coordinator } = server(program(answers), { patience });
  coordinator.start();
  await until('it was started twice', () => world.pids.filter((pid) => pid !== null).length === 2);
  await coordinator.stop();

  const lively = server(program(`${answers} setInterval(() => say({ type: 'alive' }), 50);`), { patience });
  lively.coordinator.start();
  await sleep(1500);
  expect(lively.world.pids.filter((pid) => pid !== null)).toHaveLength(1);
});

test('one that ends neither with its input nor when it is told is ended', async () => {
  const stubborn = `process.on('SIGTERM', () => undefined); lines.removeAllListeners('close'); setInterval(() => undefined, 1000);`;
  const { world, coordinator } = server(program(`${answers} ${stubborn}`), {
    patience: { downMs: 1000, answerMs: 10_000, endMs: 100 },
  });
  coordinator.stored('laptop', facts(1));
  coordinator.start();
  await until('it answered', () => world.places.includes(1));
  const pid = world.pids.at(-1) ?? 0;
  await coordinator.stop();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('its log is ours, and a line of it can pretend to be nothing else', async () => {
  const line = { level: 40, time: 'then', component: 'sshd', source: 'laptop', msg: 'a report was refused' };
  const { world, coordinator } = server(program(`${answers} console.error('${JSON.stringify(line)}')`));
  coordinator.start();
  await until('it was said', () => world.log.some((text) => text.includes('a report was refused')));
  const said: unknown = JSON.parse(world.log.find((text) => text.includes('a report was refused')) ?? '');
  expect(said).toMatchObject({ level: 40, time: expect.any(Number), source: 'laptop' });
  expect(said).not.toHaveProperty('component');
});
