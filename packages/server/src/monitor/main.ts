import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { exitCode } from '@berth/common/problem.ts';
import { type Logger, pino } from 'pino';
import { clockAhead } from '../coordinator/clock.ts';
import { aliveMs } from '../coordinator/link.ts';
import { answerOnce } from './answering.ts';
import { type FromMonitor, type ToMonitor, toMonitorSchema } from './link.ts';
import { Monitor, type MonitorOptions } from './monitor.ts';

/**
 * The monitor: `monitor --state FOLDER --coordinator FOLDER`, started by the server (link.ts is what they say to each other) and
 * ending with it; tests add `--ahead MILLISECONDS`. With `--once` it answers one question and ends. Logs on standard error.
 */
const main = async (words: readonly string[]): Promise<number> => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...words],
    options: { state: text, coordinator: text, ahead: text, once: { type: 'boolean' } },
  });
  const { state, coordinator } = values;
  if (state === undefined || coordinator === undefined)
    throw new Error('the server and its monitor do not fit together');
  const log = pino(
    { base: null, level: process.env['BERTH_LOG_LEVEL'] ?? 'info' },
    pino.destination({ fd: 2, sync: true }),
  );
  outliveMistakes(log);
  const tell = (message: FromMonitor): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  const options = { folder: state, coordinator, clock: clockAhead(Number(values.ahead ?? 0)), log, tell };
  if (values.once === true) await answerOnce(options, messages());
  else await live(options);
  return exitCode.ok;
};

const tickMs = 1000;

/** Until the supervisor, or the kernel for it, says that it is over. */
const live = async (options: MonitorOptions): Promise<void> => {
  const monitor = new Monitor(options);
  let ticks = 0;
  const ticking = setInterval(() => {
    monitor.tick();
    ticks += 1;
    if (ticks % (aliveMs / tickMs) === 0) options.tell({ type: 'alive' });
  }, tickMs);
  for await (const message of messages()) {
    if (message.type !== 'ask') monitor.apply(message);
  }
  clearInterval(ticking);
  await monitor.stop();
};

/** What the supervisor says, until its end; SIGTERM is that too. */
async function* messages(): AsyncGenerator<ToMonitor> {
  const lines = createInterface({ input: process.stdin });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => lines.close());
  for await (const line of lines) yield toMonitorSchema.parse(JSON.parse(line));
}

const [mostMistakes, withinMs] = [20, 60_000];

/** An error that nobody waited for is one part's: the others go on, unless they come so fast that nothing does. */
const outliveMistakes = (log: Logger): void => {
  let mistakes: readonly number[] = [];
  const outlive = (error: unknown): void => {
    const now = performance.now();
    mistakes = [...mistakes.filter((at) => at > now - withinMs), now];
    if (mistakes.length > mostMistakes) {
      log.fatal({ err: error }, 'the monitor can not go on');
      process.exit(exitCode.failed);
    }
    log.error({ err: error }, 'something went wrong in the monitor; it goes on');
  };
  process.on('uncaughtException', outlive);
  process.on('unhandledRejection', outlive);
};

process.umask(0o077);
// What is still open then, such as a request to a service that hangs, is not waited for.
process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return exitCode.failed;
  }),
);
