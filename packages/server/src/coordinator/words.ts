import type { SourceState } from '@berth/common/control/usage.ts';
import { type CoordinatorCode, keyOf, type Severity } from '../events/condition.ts';
import { type Entry, freshnessOfEntry } from './entry.ts';
import { isStuck, phoneRemedy, stuckRemedyOf } from './stuck.ts';

/** Something that is so. */
export interface RaisedWord {
  readonly code: CoordinatorCode;
  readonly source: string | null;
  readonly subject: string | null;
  readonly severity: Severity;
  readonly text: string;
  readonly remedy: string;
}

/** A condition that is so, or is no longer. */
export type Said = { readonly raise: RaisedWord } | { readonly resolve: string };

/** The states that are conditions; the others are for `status` alone. */
const conditions: Partial<Record<SourceState, Pick<RaisedWord, 'code' | 'severity' | 'remedy'>>> = {
  overdue: {
    code: 'overdue',
    severity: 'critical',
    remedy: 'See that the machine is on and reaches the server, then type there: berth doctor',
  },
  failing: { code: 'run-failing', severity: 'warning', remedy: 'Type on that machine: berth status' },
  unreadable: {
    code: 'storage-unreadable',
    severity: 'critical',
    remedy: "Look at the source's folder below the data directory, and type: berth-server fsck SOURCE",
  },
};
const doubted = {
  code: 'report-doubted',
  severity: 'warning',
  remedy: 'See where that machine backs up to: type there berth doctor, and here berth-server history SOURCE',
} as const;

/** What to do about a source that is overdue and whose machine is at it; null where no run of it goes on. */
const runningRemedy = (entry: Entry, nowMs: number): string | null => {
  if (entry.lease === null) return null;
  if (isStuck(entry, nowMs)) return stuckRemedyOf(entry);
  const there = entry.source.isPhone ? '' : 'Should it not end well, type on that machine: berth status. ';
  return (
    `Let it go on; how far it is says: berth-server status SOURCE. ${there}` +
    'If a backup of it takes this long, give it a longer overdue_after in sources.yaml.'
  );
};

const codes = [...Object.values(conditions), doubted].map(({ code }) => code);

/** The condition that a source's state is; null when it is none. */
export const conditionOf = (entry: Entry, nowMs: number): RaisedWord | null => {
  const { state, words, isBelieved } = freshnessOfEntry(entry, nowMs);
  const about = conditions[state] ?? (isBelieved ? undefined : doubted);
  if (about === undefined) return null;
  const running = state === 'overdue' ? runningRemedy(entry, nowMs) : null;
  const isDoneHere = entry.source.isPhone && state !== 'unreadable';
  const remedy = (running ?? (isDoneHere ? phoneRemedy : about.remedy)).replaceAll('SOURCE', () => entry.name);
  return { ...about, remedy, source: entry.name, subject: null, text: words ?? `${entry.name} is ${state}.` };
};

/** A source whose reports say this and that in turn is heard once a minute: another state is an event, and may be a mail. */
const steadyMs = 60_000;
/** Words that differ in nothing but how long something has been so are said anew this often. */
const countEveryMs = 3_600_000;
const mostWords = 1000;
const longest = 2000;

/** A text without its spans of time, such as 2d3h. */
const uncounted = (text: string | null): string | undefined => text?.replace(/\b(\d+[a-z]+)+\b/g, '…');

/** Says what is so to the supervisor, once for as long as it stays so in the same words; after a start it says everything again. */
export class Speaker {
  readonly #tell: (words: readonly Said[]) => void;
  /** By source, the code it was last said to be in, and in which words; null for none. */
  readonly #said = new Map<
    string,
    { readonly code: CoordinatorCode | null; readonly text: string | null; readonly atMs: number }
  >();
  #tight: string | null = null;

  constructor(tell: (words: readonly Said[]) => void) {
    this.#tell = tell;
  }

  /** Each of these sources as it is now. */
  look(entries: Iterable<Entry>, nowMs: number): void {
    const words: Said[] = [];
    for (const entry of entries) {
      const raised = conditionOf(entry, nowMs);
      const [code, text] = [raised?.code ?? null, raised?.text ?? null];
      const said = this.#said.get(entry.name);
      if (said !== undefined) {
        const isCode = said.code === code;
        if (isCode && said.text === text) continue;
        const pauseMs = isCode && uncounted(said.text) === uncounted(text) ? countEveryMs : steadyMs;
        if (Math.abs(nowMs - said.atMs) < pauseMs) continue;
      }
      this.#said.set(entry.name, { code, text, atMs: nowMs });
      if (raised !== null) words.push({ raise: raised });
      // Said by the coordinator before this one, to which no run has stood still yet.
      if (said === undefined) words.push({ resolve: keyOf({ code: 'run-stuck', source: entry.name, subject: null }) });
      // The same in other words, such as more days, ends nothing.
      if (said?.code === code) continue;
      for (const other of codes) {
        if (other !== code) words.push({ resolve: keyOf({ code: other, source: entry.name, subject: null }) });
      }
    }
    this.say(words);
  }

  /** A source that is gone: the supervisor resolves what was about it. */
  forget(name: string): void {
    this.#said.delete(name);
  }

  /** What the windows can not hold. */
  tight(tight: readonly { readonly text: string; readonly remedy: string }[]): void {
    const text = tight.map((one) => one.text).join(' ');
    if (text === this.#tight) return;
    this.#tight = text;
    const about = { code: 'plan-tight', source: null, subject: null } as const;
    const remedy = tight[0]?.remedy ?? '';
    this.say([text === '' ? { resolve: keyOf(about) } : { raise: { ...about, severity: 'warning', text, remedy } }]);
  }

  say(words: readonly Said[]): void {
    const bounded = words.map((word) =>
      'raise' in word
        ? {
            raise: {
              ...word.raise,
              text: word.raise.text.slice(0, longest),
              remedy: word.raise.remedy.slice(0, longest),
            },
          }
        : word,
    );
    for (let from = 0; from < bounded.length; from += mostWords) this.#tell(bounded.slice(from, from + mostWords));
  }
}
