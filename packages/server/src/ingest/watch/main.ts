import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '@berth/common/parse-json.ts';
import { exitCode } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { clockAhead } from '../../coordinator/clock.ts';
import { aliveMs } from '../../coordinator/link.ts';
import { createSyncthing } from '../syncthing/client.ts';
import { type FromWatcher, toWatcherSchema } from './link.ts';
import { Watcher } from './watcher.ts';

/**
 * The watcher: started by the server without any words (link.ts is what they say to each other) and ending with its input. It asks
 * the Syncthing of every phone and reads no file. Logs on standard error.
 */
const main = async (): Promise<number> => {
  const log = pino(
    { base: null, level: process.env['BERTH_LOG_LEVEL'] ?? 'info' },
    pino.destination({ fd: 2, sync: true }),
  );
  const tell = (message: FromWatcher): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  const watcher = new Watcher({
    ...{ clock: clockAhead(0), tell, log, createClient: createSyncthing },
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  });
  const alive = setInterval(() => tell({ type: 'alive' }), aliveMs);
  const lines = createInterface({ input: process.stdin });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => lines.close());
  for await (const line of lines) {
    const read = toWatcherSchema.safeParse(parseJson(line));
    // What does not fit is not shown: there are keys in it.
    if (!read.success) throw new Error('the server and its watcher do not fit together');
    watcher.apply(read.data.phones);
    tell({ type: 'applied' });
  }
  clearInterval(alive);
  watcher.stop();
  return exitCode.ok;
};

process.umask(0o077);
// Questions that are on their way are not waited for.
process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return exitCode.failed;
  }),
);
