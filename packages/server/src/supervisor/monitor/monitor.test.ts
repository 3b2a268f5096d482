import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { type Condition, decide, type Word } from '../../events/condition.ts';
import { settingsOf } from '../../monitor/settings-of.ts';
import { configOf } from '../../sources/testing.ts';
import { Monitor, type MonitorOptions } from './monitor.ts';

/** A monitor for tests: it puts every settings in force with a page, and does what `script` says. */
const program = (script = ''): readonly string[] => [
  process.execPath,
  '-e',
  `const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
  const lines = require('node:readline').createInterface({ input: process.stdin });
  lines.on('close', () => process.exit());
  lines.on('line', (line) => {
    const message = JSON.parse(line);
    if (message.type === 'settings') say({ type: 'applied', page: 'http://127.0.0.1:8480' });
    if (message.type === 'source') say({ type: 'words', words: [{ raise: { code: 'digest-unsent', source: null,
      subject: message.source, severity: 'warning', text: 't', remedy: 'r' } }] });
  });
  ${script}`,
];
const raise = (code: string): string =>
  `{ raise: { code: '${code}', source: null, subject: null, severity: 'critical', text: 't', remedy: 'r' } }`;

let running: Monitor | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

/** The server around it: what it heard, and what is open. */
const server = (more: Partial<MonitorOptions> = {}) => {
  const world = {
    ...{ open: [] as readonly Condition[], pids: [] as (number | null)[], pages: [] as (string | null)[], failing: 0 },
    keys: () => world.open.map(({ key }) => key),
  };
  const monitor = new Monitor({
    command: () => program(),
    prepare: () => undefined,
    keeper: {
      say: async (words: readonly Word[]) => {
        world.open = decide(world.open, words, Date.now()).open;
      },
    },
    open: () => world.open,
    onChange: (pid) => world.pids.push(pid),
    onPage: (page) => world.pages.push(page),
    onChannelFailing: () => {
      world.failing += 1;
    },
    log: pino({ level: 'silent' }),
    patience: { downMs: 10_000, answerMs: 10_000, endMs: 500 },
    ...more,
  });
  running = monitor;
  const config = configOf('sources: {}\n');
  monitor.settings(settingsOf(config, { folder: '/', hostName: 'nas' }));
  monitor.start();
  return { world, monitor };
};
const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 10_000) throw new Error(`not within 10 s: ${what}`);
    await sleep(10);
  }
};

test('it says where its page is, and what it can not tell people; a channel that fails has its secret read anew', async () => {
  const command = () => program(`say({ type: 'words', words: [${raise('channel-failing')}] });`);
  const { world } = server({ command });
  await until('it was heard', () => world.keys().includes('channel-failing'));
  expect(world.failing).toBe(1);
  await until('its page is known', () => world.pages.at(-1) === 'http://127.0.0.1:8480');
});

test('what is not its business is not taken, in words or otherwise', async () => {
  const hushed = `say({ type: 'words', words: [{ resolve: 'mass-delete:laptop' }, { resolve: 'monitor-down' }] });`;
  const cried = `say({ type: 'words', words: [${raise('mass-delete')}] }); say({ type: 'exec', command: 'id' });`;
  const command = () => program(`${hushed} ${cried} say({ type: 'words', words: [${raise('page-down')}] });`);
  const { world } = server({ command });
  await until('it was heard', () => world.keys().includes('page-down'));
  expect(world.keys()).toEqual(['page-down']);
});

test('down for long it is a condition, and its page is gone; started anew it asks again what it may reach', async () => {
  let commands = 0;
  const command = (): readonly string[] => {
    commands += 1;
    return commands === 1 ? [process.execPath, '-e', 'process.exit(3)'] : program();
  };
  const { world, monitor } = server({ command, patience: { downMs: 1, answerMs: 10_000, endMs: 500 } });
  await until('it is a condition', () => world.keys().includes('monitor-down'));
  expect(world.pages).toEqual([null]);
  await until('it is over', () => world.pages.at(-1) !== null && world.open.length === 0);
  monitor.restart();
  await until('it was started anew', () => commands === 3 && world.pages.filter((page) => page !== null).length === 2);
});
