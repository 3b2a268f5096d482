import type { Home } from '../config/home.ts';
import type { Skip } from '../config/skip.ts';
import type { Due } from '../run/if-due.ts';
import { type SkipReason, skipReason } from './decide.ts';
import type { Senses } from './senses.ts';
import { forgetSkipped, readSkipped, type Skipped, writeSkipped } from './skipped.ts';

/**
 * The `skip` of `runIfDue`: asks the machine only what agent.yaml wants to know, and remembers across wakes what it answered. `onSkip` hears
 * of each answer that puts a run off; `isNew` is true for the first in a row with that reason, which is the one to say aloud.
 */
export const skipHook =
  (args: {
    readonly home: Home;
    /** Throws the Problems of `loadConfig`. */
    readonly loadConfig: () => Promise<{ readonly skip: Skip }>;
    readonly senses: Senses;
    readonly now: () => Date;
    readonly onSkip?: (skipped: Skipped, isNew: boolean) => void;
  }) =>
  async ({ lastSuccessAt }: Pick<Due, 'lastSuccessAt'>): Promise<{ readonly reason: SkipReason } | null> => {
    const { home, senses } = args;
    const { skip } = await args.loadConfig();
    const now = args.now();
    const before = await readSkipped(home);
    const first = startOf(before, lastSuccessAt, now);
    const waitingFrom = lastSuccessAt ?? first;
    const [onBattery, metered] = await Promise.all([
      skip.on_battery && senses.onBattery(),
      skip.on_metered && senses.metered(),
    ]);
    const reason = skipReason(skip, { onBattery, metered, waitingFrom, now });
    if (reason === null) {
      // A machine that never had a success keeps what it waited already, or a first run that fails would begin to wait anew.
      if (!onBattery && !metered) await forgetSkipped(home);
      return null;
    }
    const isNew = before?.reason !== reason || before.first !== first;
    const until = new Date(waitingFrom.getTime() + skip.at_most);
    const skipped: Skipped = { reason, since: isNew ? now : before.since, first, until };
    if (isNew || before.until.getTime() !== until.getTime()) await writeSkipped(home, skipped);
    args.onSkip?.(skipped, isNew);
    return { reason };
  };

/** When this waiting began: what is on disk, unless a success came since or a wrong clock wrote it. */
const startOf = (before: Skipped | null, lastSuccessAt: Date | null, now: Date): Date => {
  if (before === null || before.first > now) return now;
  return lastSuccessAt !== null && lastSuccessAt > before.first ? now : before.first;
};
