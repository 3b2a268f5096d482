import type { Experiment } from './experiment.ts';
import { type Cuts, cutPower } from './support/power-cuts.ts';
import { requireStrace, traceSession } from './support/traced-session.ts';

/** Makes every sync of the program behind it succeed at once without doing anything. */
const withoutSyncs = [
  '-f',
  '-qq',
  '-o',
  '/dev/null',
  '-e',
  'trace=fsync,fdatasync',
  '-e',
  'inject=fsync,fdatasync:retval=0',
];

/**
 * What was not synced is dropped for real: the power of an ext4 is cut at random moments. That this disk does drop
 * things is shown by the same with all syncs taken out, which must lose. What ext4 happens to write besides would hide a
 * sync that is missing, so the system calls of a session under a real sshd must show every one of them, in order.
 */
export const unsyncedWritesExperiment: Experiment = {
  id: 2,
  name: 'unsynced writes dropped after the acknowledgement',
  run: async (conditions) => {
    const { full, say } = conditions;
    await requireStrace();
    const traced = await traceSession(conditions, full ? 2000 : 200);
    for (const words of traced.wrong.slice(0, 10)) say(words);
    say(`${traced.answered} answers 200 in the trace, ${traced.wrong.length} out of order`);
    const cuts: Cuts = await cutPower(conditions, full ? 300 : 12);
    const control = await cutPower({ ...conditions, say: () => undefined }, 2, ['strace', ...withoutSyncs]);
    say(`without syncs ${control.wrong.length} of ${control.acknowledged} are lost`);
    return {
      many: `${cuts.cuts} power cuts of ext4, ${cuts.acknowledged} answers; ${traced.answered} more traced`,
      lost: `${cuts.wrong.length} of ${cuts.acknowledged}`,
      figure: `${traced.wrong.length} answers before their syncs; with the syncs taken out ${control.wrong.length} faults after ${control.acknowledged} answers`,
      held: cuts.wrong.length === 0 && traced.wrong.length === 0 && traced.answered > 0 && control.wrong.length > 0,
    };
  },
};
