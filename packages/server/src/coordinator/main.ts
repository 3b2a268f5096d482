import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { exitCode, Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { Sockets } from './api/sockets.ts';
import { systemClock } from './clock.ts';
import { Fleet } from './fleet.ts';
import { type FromCoordinator, toCoordinatorSchema } from './link.ts';
import { databaseFile } from './paths.ts';
import { openState } from './state/sqlite.ts';
import { keepTicking } from './ticking.ts';

/**
 * The coordinator: `coordinator --state FOLDER --control FOLDER`, started by the server (link.ts is what they say to each
 * other) and ending with it. It listens on a socket for each source, below the control folder. Logs on standard error.
 */
const main = async (words: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...words],
    options: { state: { type: 'string' }, control: { type: 'string' } },
  });
  if (values.state === undefined || values.control === undefined)
    throw new Error('the server and its coordinator do not fit together');
  const log = pino(
    { base: null, level: process.env['BERTH_LOG_LEVEL'] ?? 'info' },
    pino.destination({ fd: 2, sync: true }),
  );
  const tell = (message: FromCoordinator): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  mkdirSync(values.state, { recursive: true, mode: 0o700 });
  const file = databaseFile(values.state);
  let opened: ReturnType<typeof openState>;
  try {
    opened = openState(file, { now: () => new Date() });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    log.fatal({ code: error.code, remedy: error.remedy }, error.message);
    tell({ type: 'words', words: [stateWord('critical', error.message, error.remedy)] });
    return exitCode.failed;
  }
  const { state, aside } = opened;
  if (aside !== null) {
    const text = `${file} was damaged, and what it knew of past runs is not shown any more; it was set aside as ${aside}.`;
    const remedy = 'Look at the disk. What the sources stored is not touched; slots are planned anew.';
    log.error({ aside }, text);
    tell({ type: 'words', words: [stateWord('warning', text, remedy)] });
  }
  const stopping = new AbortController();
  const fleet = new Fleet({ state, clock: systemClock, log, tell });
  await fleet.load();
  const crash = (error: unknown): never => {
    log.fatal({ err: error }, 'the coordinator can not go on');
    process.exit(exitCode.failed);
  };
  const sockets = new Sockets({ control: values.control, fleet, log, onBug: crash });
  const lines = createInterface({ input: process.stdin });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stopping.abort();
      lines.close();
    });
  }
  const ticking = keepTicking(fleet, stopping.signal).catch(crash);
  for await (const line of lines) {
    const message = toCoordinatorSchema.parse(JSON.parse(line));
    if (message.type === 'stored') fleet.stored(message.source, message.facts);
    else if (message.type === 'config') {
      const listening = sockets.apply(message.sources.filter(({ hasAgent }) => hasAgent).map(({ name }) => name));
      await fleet.apply(message);
      await listening;
      tell({ type: 'applied', sources: message.sources.length });
    }
  }
  stopping.abort();
  sockets.close();
  await ticking;
  await fleet.flush();
  await state.close();
  return exitCode.ok;
};

const stateWord = (severity: 'warning' | 'critical', text: string, remedy: string) => ({
  raise: { code: 'coordinator-state', source: null, subject: null, severity, text, remedy } as const,
});

process.umask(0o077);
process.exitCode = await main(process.argv.slice(2));
