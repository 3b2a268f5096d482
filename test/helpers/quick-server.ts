import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { enter, hasEntered } from '../../packages/server/src/supervisor/enter.ts';
import { detectMode } from '../../packages/server/src/supervisor/mode.ts';
import { thisProgram } from '../../packages/server/src/supervisor/program.ts';
import { run } from '../../packages/server/src/supervisor/run.ts';

/**
 * `berth-server run`, but its jobs come every few seconds: for tests that wait for them. Takes the same options, all of
 * them.
 */
const main = async (): Promise<void> => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, config: text, data: text, 'host-keys': text, port: text, listen: text },
  });
  const { config = '', data = '', 'host-keys': hostKeys = '', port = '', listen = '' } = values;
  const mode = detectMode();
  if (!hasEntered(mode)) {
    enter(mode, { ...thisProgram(), cli: fileURLToPath(import.meta.url) }, data, process.argv.slice(2));
  }
  const log = pino({ base: null }, pino.destination({ dest: 2, sync: true }));
  const cadence = {
    tickMs: 200,
    diskMs: 1000,
    afterChangeMs: 1000,
    retryMs: 1000,
    everyMs: { review: 3_600_000, purge: 3000, scrub: 3000 },
    spreadMs: {},
  };
  const where = { configFile: config, dataDir: data, hostKeys, port: Number(port), address: listen };
  const patience = { downMs: 15_000 };
  const phonePace = { quietMs: 300, gapMs: 1000, wakeMs: 3000, spreadMs: 0, hearMs: 5000 };
  const ahead = join(dirname(config), 'ahead');
  const coordinatorAheadMs = existsSync(ahead) ? Number(readFileSync(ahead, 'utf8')) : 0;
  await run({ mode, ...where, log, cadence, patience, phonePace, coordinatorAheadMs }, (ready) =>
    process.stdout.write(`${JSON.stringify(ready)}\n`),
  );
  process.exit(0);
};

await main();
