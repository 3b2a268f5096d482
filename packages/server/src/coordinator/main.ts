import { mkdirSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { exitCode, Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { Sockets } from './api/sockets.ts';
import { clockAhead } from './clock.ts';
import { Fleet } from './fleet.ts';
import { type FromCoordinator, toCoordinatorSchema } from './link.ts';
import { databaseFile } from './paths.ts';
import { openState } from './state/sqlite.ts';
import { keepTicking } from './ticking.ts';
import type { Said } from './words.ts';

/**
 * The coordinator: `coordinator --state FOLDER --control FOLDER`, started by the server (link.ts is what they say to each
 * other) and ending with it; tests add `--ahead MILLISECONDS`. It listens on a socket for each source, below the control folder. Logs on standard error.
 */
const main = async (words: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...words],
    options: { state: { type: 'string' }, control: { type: 'string' }, ahead: { type: 'string' } },
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
  const { state, aside, skipped } = opened;
  if (aside !== null) log.error({ aside }, 'the database was damaged, and was set aside; a new one begins');
  for (const what of skipped) log.error({ what }, 'a row of the database can not be understood, and is passed over');
  const stopping = new AbortController();
  const fleet = new Fleet({ state, clock: clockAhead(Number(values.ahead ?? 0)), log, tell });
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
  const ticking = keepTicking(fleet, stopping.signal, () => tell({ type: 'alive' })).catch(crash);
  let names: readonly string[] = [];
  const listen = async (): Promise<void> => {
    const silent = await sockets.apply(names);
    if (silent.length > 0) setTimeout(() => void listen().catch(crash), listenAgainMs).unref();
  };
  for await (const line of lines) {
    const message = toCoordinatorSchema.parse(JSON.parse(line));
    if (message.type === 'stored') fleet.stored(message.source, message.facts);
    else if (message.type === 'config') {
      names = message.sources.filter(({ hasAgent }) => hasAgent).map(({ name }) => name);
      const listening = listen();
      await fleet.apply(message);
      await listening;
      tell({ type: 'words', words: [damageWord(values.state)] });
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

const listenAgainMs = 30_000;

/** For as long as a database that was set aside lies there, somebody has to look at it. */
const damageWord = (folder: string): Said => {
  const aside = readdirSync(folder).filter((name) => name.includes('.broken-') && name.endsWith('Z'));
  if (aside.length === 0) return { resolve: 'coordinator-state' };
  const text = `The database of the coordinator was damaged and set aside as ${aside.join(', ')}: runs from before are not shown.`;
  const remedy = `Look at the disk. The backups are not touched, and slots are planned anew. Then remove it from ${folder}.`;
  return stateWord('warning', text, remedy);
};

const stateWord = (severity: 'warning' | 'critical', text: string, remedy: string) => ({
  raise: { code: 'coordinator-state', source: null, subject: null, severity, text, remedy } as const,
});

process.umask(0o077);
process.exitCode = await main(process.argv.slice(2));
