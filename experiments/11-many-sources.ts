import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { isRoot, repository } from '../test/helpers/receiver.ts';
import { type Experiment, Skipped } from './experiment.ts';

/** What bench/load.ts ends with. */
const load = z.object({
  clients: z.number(),
  completed: z.number(),
  seconds: z.number(),
  connect: z.object({ p50Ms: z.number(), p99Ms: z.number() }),
  server: z.object({ idleBytes: z.number(), peakBytes: z.number(), cpuSeconds: z.number() }),
});

/** A night without slots: every source begins its first backup within a minute. It is `npm run bench:load`. */
export const manySourcesExperiment: Experiment = {
  id: 11,
  name: 'many sources backing up within a minute',
  run: async ({ full, say, signal }) => {
    if (!isRoot) throw new Skipped('a UID for each source needs root');
    const words = full ? ['--clients', '200', '--within', '60'] : ['--clients', '20', '--within', '6', '--size', '1M'];
    const program = [process.execPath, join(repository, 'bench/load.ts'), '--json', ...words];
    const { stdout, failed, stderr } = await execa('setpriv', ['--pdeathsig', 'TERM', ...program], {
      cancelSignal: signal,
      // It ends its receiver and its clients first.
      forceKillAfterDelay: 30_000,
      reject: false,
      stdin: 'ignore',
    });
    signal.throwIfAborted();
    const lines = stdout.split('\n');
    for (const line of lines.slice(0, -1)) say(line);
    if (failed && !lines.at(-1)?.startsWith('{'))
      throw new Error(stderr.trim() || 'bench/load.ts ended without a result');
    const { clients, completed, seconds, connect, server } = load.parse(JSON.parse(lines.at(-1) ?? ''));
    const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
    return {
      many: `${clients} sources`,
      lost: `${clients - completed} incomplete`,
      figure:
        `done after ${seconds.toFixed(0)} s; connect p50 ${connect.p50Ms} ms, p99 ${connect.p99Ms} ms; ` +
        `${mebibytes(server.peakBytes)} at peak, ${server.cpuSeconds} s CPU`,
      held: completed === clients,
    };
  },
};
