import { keyOf } from '../events/condition.ts';
import type { Entry, Lease } from './entry.ts';
import type { Said } from './words.ts';

/** So long a run may say that it goes on without its step or its bytes moving; a check or a prune tells no bytes. */
export const stuckAfterMs = 6 * 3_600_000;

/** Whether a run has stood still for so long that nobody waits for its place any more. The run itself goes on. */
export const isStuck = ({ lease }: Pick<Entry, 'lease'>, nowMs: number): boolean =>
  lease !== null && nowMs - lease.movedAtMs >= stuckAfterMs;

/** A lease after a heartbeat: whether it has moved is seen here. */
export const afterBeat = (
  lease: Omit<Lease, 'step' | 'bytesDone' | 'bytesTotal'> & Partial<Pick<Lease, 'step' | 'bytesDone'>>,
  beat: Pick<Lease, 'step' | 'bytesDone' | 'bytesTotal' | 'expiresAtMs'>,
  nowMs: number,
): Lease => {
  const isSame = lease.step === beat.step && lease.bytesDone === beat.bytesDone;
  return { ...lease, ...beat, movedAtMs: isSame ? lease.movedAtMs : nowMs };
};

const about = (name: string) => ({ code: 'run-stuck', source: name, subject: null }) as const;

/** Which runs were said to be stuck: it is said when one is in somebody's way, until it moves or ends. */
export class StuckRuns {
  readonly #say: (said: Said) => void;
  readonly #said = new Map<string, { readonly entry: Entry; readonly text: string }>();

  constructor(say: (said: Said) => void) {
    this.#say = say;
  }

  /** How many hold a place that does not count. */
  get size(): number {
    return this.#said.size;
  }

  /** To be called every second. `inTheWay`: more hold a place or wait for one than there are. */
  look(holding: Iterable<Entry>, inTheWay: boolean, nowMs: number): void {
    for (const [name, { entry }] of this.#said) {
      if (isStuck(entry, nowMs)) continue;
      this.#said.delete(name);
      this.#say({ resolve: keyOf(about(name)) });
    }
    for (const entry of holding) {
      const { name, lease } = entry;
      if (lease === null || !isStuck(entry, nowMs) || !(inTheWay || this.#said.has(name))) continue;
      const hours = Math.floor((nowMs - lease.movedAtMs) / 3_600_000);
      const text = `The backup of ${name} has not moved for ${hours} h; others no longer wait for it.`;
      if (this.#said.get(name)?.text === text) continue;
      this.#said.set(name, { entry, text });
      this.#say({ raise: { ...about(name), severity: 'warning', text, remedy: stuckRemedyOf(entry) } });
    }
  }
}

/** What to do about a run that stands still. */
export const stuckRemedyOf = ({ name, source }: Pick<Entry, 'name' | 'source'>): string =>
  source.isPhone
    ? phoneRemedy.replaceAll('SOURCE', () => name)
    : 'Look at that machine, most likely at a mount that is dead, and type there: berth status';

/** What to do about the backup of a phone, which the server runs itself. */
export const phoneRemedy =
  'See what keeps it: berth-server phone status SOURCE. Try it now, and see what it says: berth-server phone backup SOURCE';
