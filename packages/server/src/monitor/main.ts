import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { exitCode } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { aliveMs } from '../coordinator/link.ts';
import { type FromMonitor, toMonitorSchema } from './link.ts';

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
  const tell = (message: FromMonitor): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  const alive = setInterval(() => tell({ type: 'alive' }), aliveMs);
  for await (const line of createInterface({ input: process.stdin })) {
    const message = toMonitorSchema.parse(JSON.parse(line));
    if (message.type === 'settings') tell({ type: 'applied', page: null });
    log.debug({ type: message.type }, 'heard');
  }
  clearInterval(alive);
  return exitCode.ok;
};

process.umask(0o077);
process.exitCode = await main(process.argv.slice(2));
