import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Condition, decide, keyOf, type Word } from '../../events/condition.ts';
import { Child, type Patience, type WhyDown } from './child.ts';
import { statement } from './statement.ts';

/** A child that puts in force what it is told at its start, and then does what `script` says. */
const program = (script: string): readonly string[] => [
  process.execPath,
  '-e',
  `process.stdin.resume().on('end', () => process.exit());
  process.stdout.write('"applied"\\n', () => { ${script} });`,
];
const about = { code: 'coordinator-down', source: null, subject: null } as const;

let running: Child<string> | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

const world = (command: () => readonly string[], patience: Partial<Patience> = {}) => {
  const seen = {
    ...{ open: [] as readonly Condition[], pids: [] as (number | null)[], log: [] as string[] },
    lives: () => seen.pids.filter((pid) => pid !== null).length,
  };
  const child = new Child<string>({
    ...{ name: 'coordinator', command, prepare: () => undefined, schema: z.string() },
    heed: () => 'applied',
    connect: () => undefined,
    down: {
      raise: (why: WhyDown) => ({
        raise: { ...about, severity: 'warning', text: statement('It', why), remedy: why.remedy ?? '' },
      }),
      over: { resolve: keyOf(about) },
    },
    keeper: {
      say: async (words: readonly Word[]) => {
        seen.open = decide(seen.open, words, Date.now()).open;
      },
    },
    onUp: () => undefined,
    onChange: (pid) => seen.pids.push(pid),
    log: pino({ base: null }, { write: (line: string) => seen.log.push(line) }),
    patience: { downMs: 60_000, endMs: 500, ...patience },
  });
  running = child;
  child.start();
  return { seen, child };
};
const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 10_000) throw new Error(`not within 10 s: ${what}`);
    await sleep(10);
  }
};

test('one that dies again and again after it put everything in force is a condition, until it has stayed up for a while', async () => {
  let lives = 0;
  const command = (): readonly string[] => {
    lives += 1;
    return program(lives <= 2 ? `console.error('RangeError: it broke'); process.exit(3);` : '');
  };
  const { seen } = world(command, { mostDeaths: 2, wellMs: 1000 });
  await until('it is a condition', () => seen.open.length === 1);
  expect(seen.open[0]?.text).toBe(
    'It dies again and again, and is started anew each time. The last time: RangeError: it broke; exit code 3.',
  );
  await until('it was started again', () => seen.lives() === 3);
  await sleep(150);
  expect(seen.open).toHaveLength(1);
  await until('it is over', () => seen.open.length === 0);
});

test('one that was started anew on purpose has not died', async () => {
  const { seen, child } = world(() => program(''), { mostDeaths: 1 });
  await until('it runs', () => seen.lives() === 1);
  await sleep(100);
  child.restart();
  await until('it runs again', () => seen.lives() === 2);
  await sleep(100);
  expect(seen.open).toEqual([]);
  expect(seen.log.join('')).toContain('is started anew');
  expect(seen.log.join('')).not.toContain('died');
});

test('once the server is about to stop, one that ends has not died, and is not started again', async () => {
  const { seen, child } = world(() => program(''), { mostDeaths: 1 });
  await until('it runs', () => seen.lives() === 1);
  child.letEnd();
  process.kill(seen.pids[0] ?? 0, 'SIGTERM');
  await until('it has ended', () => seen.pids.length === 2);
  await sleep(400);
  expect(seen.lives()).toBe(1);
  expect(seen.open).toEqual([]);
  expect(seen.log.join('')).not.toContain('died');
});
