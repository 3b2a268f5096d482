import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Conditions, Experiment } from './experiment.ts';
import { scratch } from './support/scratch.ts';

const worker = join(import.meta.dirname, 'support/rest-worker.ts');
const round = z.object({
  answered: z.number(),
  statuses: z.record(z.string(), z.number()),
  wrong: z.array(z.string()),
});

/** Generated requests to the REST API over a real store, a process per core, without HTTP in between. */
export const restExperiment: Experiment = {
  id: 9,
  name: 'generated requests against rest',
  run: async (conditions) => {
    const { full, say } = conditions;
    const requests = full ? 10_000_000 : 100_000;
    const processes = Math.max(1, Math.min(4, availableParallelism()));
    await using folder = await scratch('memory');
    const started = performance.now();
    const statuses = new Map<string, number>();
    let answered = 0;
    let wrong = 0;
    let told = 0;
    const rate = (): number => answered / ((performance.now() - started) / 1000);
    const hear = (line: string): void => {
      const result = round.parse(JSON.parse(line));
      answered += result.answered;
      wrong += result.wrong.length;
      for (const [status, count] of Object.entries(result.statuses))
        statuses.set(status, (statuses.get(status) ?? 0) + count);
      for (const words of result.wrong.slice(0, 5)) say(words);
      if (answered - told < requests / 10) return;
      told = answered;
      say(`${answered} requests, ${rate().toFixed(0)} a second, ${wrong} wrong`);
    };
    const crashes = await Promise.all(
      Array.from({ length: processes }, (_, index) =>
        work(conditions, hear, {
          seed: conditions.seed + index,
          count: Math.ceil(requests / processes),
          parent: folder.path,
        }),
      ),
    );
    const crashed = crashes.filter((words) => words !== null);
    for (const words of crashed) say(words);
    const byStatus = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
    return {
      many: `${answered} requests`,
      lost: `${wrong} wrong, ${crashed.length} crashes`,
      figure: `${rate().toFixed(0)} a second; ${byStatus.join(', ')}`,
      held: wrong === 0 && crashed.length === 0 && answered >= requests,
    };
  },
};

/** Runs one worker to its end. Its last words when it crashed, or null. */
const work = async (
  { signal }: Conditions,
  hear: (line: string) => void,
  args: { readonly seed: number; readonly count: number; readonly parent: string },
): Promise<string | null> => {
  signal.throwIfAborted();
  const words = ['--pdeathsig', 'KILL', process.execPath, worker, JSON.stringify(args)];
  const child = spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', end);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) hear(line);
  await closed;
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  return child.exitCode === 0 ? null : `ended with ${child.exitCode ?? child.signalCode}: ${said}`;
};
