import { Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clockAhead } from '../../coordinator/clock.ts';
import { type Condition, type ConditionEvent, decide, type Word } from '../../events/condition.ts';
import type { ToBackup } from '../../ingest/backup/arguments.ts';
import { phoneWords } from '../../ingest/conditions.ts';
import type { PhoneFacts } from '../../ingest/facts.ts';
import { passOf, syncthingUp } from '../../ingest/testing.ts';
import { type CareOptions, PhoneCare, type Starts } from './care.ts';
import { usualPace } from './pace.ts';
import { newFacts } from './record.ts';
import { phoneOf } from './testing.ts';

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
const start = Date.UTC(2026, 10, 14, 2);
const phone = phoneOf();

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What was begun and when, in seconds after the start. */
const careOf = (starts: Partial<Starts>, change: Partial<CareOptions> = {}) => {
  const begun: { readonly passes: number[]; readonly wakes: number[] } = { passes: [], wakes: [] };
  const facts: PhoneFacts[] = [];
  const words: Word[] = [];
  const at = (): number => (Date.now() - start) / second;
  const all: Starts = {
    look: async () => ({ ingest: 'ok', media: 'ok' }),
    mirror: async () => passOf(),
    backup: async () => ({ ended: 'not-due', nextAt: null }),
    ...starts,
  };
  const care = new PhoneCare({
    ...{ phone, pace: usualPace, facts: newFacts(phone, start), clock: clockAhead(0), random: () => 0.5 },
    starts: {
      look: all.look,
      mirror: (...words) => {
        begun.passes.push(at());
        return all.mirror(...words);
      },
      backup: (...words) => {
        begun.wakes.push(at());
        return all.backup(...words);
      },
    },
    onFacts: (known) => facts.push(known),
    say: (said) => words.push(...said),
    log: pino({ level: 'silent' }),
    ...change,
  });
  return { care, begun, facts, words };
};

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('the mirror of a phone', () => {
  test('is brought up to date at the start, every hour, and two seconds after Syncthing said that something came', async () => {
    const { care, begun } = careOf({});
    care.heard(syncthingUp(start));
    care.start();
    await pass(minute);
    care.touched();
    await pass(second);
    care.touched();
    await pass(hour + 2 * second);
    await care.stop();
    expect(begun.passes).toEqual([0, 63, 3663]);
  });

  test('looks for the marker that Syncthing has named, also once it does not answer', async () => {
    const markers: (string | null)[] = [];
    const { care } = careOf({
      mirror: async (marker) => {
        markers.push(marker);
        return passOf();
      },
    });
    care.start();
    await pass(second);
    care.heard(syncthingUp(start, { markerName: 'DCIM' }));
    care.touched();
    await pass(minute);
    care.heard({ kind: 'down', detail: 'nobody answers' });
    await pass(minute);
    await care.stop();
    expect(markers).toEqual(['.stfolder', 'DCIM', 'DCIM']);
  });

  test('goes by `every` while Syncthing does not answer', async () => {
    const { care, begun } = careOf({});
    care.start();
    await pass(3 * minute + second);
    care.heard(syncthingUp(start));
    await pass(10 * minute);
    await care.stop();
    expect(begun.passes).toEqual([0, 60, 120, 180]);
  });

  test('has never two passes at once, and what came during one is in the next', async () => {
    const ends: (() => void)[] = [];
    const { care, begun } = careOf({
      mirror: () => new Promise((resolve) => ends.push(() => resolve(passOf()))),
    });
    care.start();
    await pass(second);
    care.touched();
    await pass(5 * minute);
    expect(begun.passes).toEqual([0]);
    ends[0]?.();
    await pass(10 * minute);
    expect(begun.passes).toHaveLength(2);
    ends[1]?.();
    await care.stop();
  });

  test('that fails every minute for a day is one condition', async () => {
    const { care, begun, facts } = careOf({ mirror: async () => passOf({ failed: 3, firstFailure: 'DCIM: EIO' }) });
    care.start();
    let open: readonly Condition[] = [];
    const events: ConditionEvent[] = [];
    for (let time = 0; time < day; time += minute) {
      await pass(minute);
      const known = facts.at(-1);
      if (known === undefined) throw new Error('nothing is known');
      const decided = decide(open, phoneWords(phone, known, open, Date.now()), Date.now());
      open = decided.open;
      events.push(...decided.events);
    }
    await care.stop();
    expect(begun.passes.length).toBeGreaterThan(1400);
    expect(events.map(({ event, code }) => `${event} ${code}`)).toEqual(['raised mirror-stuck']);
  });

  test('has not failed where the admin has a pass of his own going on, and is tried again', async () => {
    const { care, begun, facts } = careOf({
      mirror: async () => {
        throw new Problem('busy', 'Another pass of this mirror is going on.', 'Wait until it ends.');
      },
    });
    care.start();
    await pass(2 * minute + second);
    await care.stop();
    expect(begun.passes).toEqual([0, 60, 120]);
    expect(facts.every(({ mirror }) => mirror?.failures === 0)).toBe(true);
  });

  test('is not begun where its folders are not there, and that is what is known', async () => {
    const { care, begun, facts } = careOf({ look: async () => ({ ingest: 'missing', media: 'ok' }) });
    care.start();
    await pass(second);
    expect(facts.at(-1)).toMatchObject({
      ingest: 'missing',
      mirror: { failures: 1, last: { outcome: 'ingest-missing' } },
    });
    await pass(minute);
    expect(begun).toEqual({ passes: [], wakes: [] });
    await care.stop();
  });
});

describe('the backup of a phone', () => {
  test('is woken within a minute of the start, when it asked to be, and every quarter of an hour', async () => {
    const answers = [start + 5 * minute, null, null];
    const { care, begun } = careOf({
      backup: async () => {
        const next = answers.shift() ?? null;
        return { ended: 'not-due', nextAt: next === null ? null : new Date(next).toISOString() };
      },
    });
    care.start();
    await pass(21 * minute);
    await care.stop();
    expect(begun.wakes).toEqual([30, 300, 1200]);
  });

  test('hears while it runs whether Syncthing is quiet, and that nobody knows where nobody says', async () => {
    const heard: ToBackup[] = [];
    const backup: Starts['backup'] = async (_marker, _isNow, told, signal) => {
      for await (const line of told) {
        heard.push(line);
        if (signal.aborted || line.quiet === true) break;
      }
      return { ended: 'ran', nextAt: null };
    };
    const { care } = careOf({ backup }, { random: () => 0 });
    care.start();
    await pass(second);
    expect(heard).toEqual([]);
    await pass(minute);
    expect(heard).toEqual([{ quiet: null }]);
    care.heard(syncthingUp(start, { quiet: false }));
    await pass(second);
    care.heard(syncthingUp(start, { quiet: true }));
    await pass(second);
    expect(heard).toEqual([{ quiet: null }, { quiet: false }, { quiet: true }]);
    await care.stop();
  });

  test('is made as soon as Syncthing is quiet where there never was one, and then when its time has come', async () => {
    const now: boolean[] = [];
    const { care, begun } = careOf({
      backup: async (_, isNow) => {
        now.push(isNow);
        return { ended: begun.wakes.length === 1 ? 'ingest-missing' : 'ran', nextAt: null };
      },
    });
    care.heard(syncthingUp(start, { quiet: false }));
    care.start();
    await pass(25 * second);
    care.heard(syncthingUp(start, { quiet: true }));
    await pass(hour);
    await care.stop();
    expect(begun.wakes.slice(0, 3)).toEqual([27, 927, 1827]);
    expect(now.slice(0, 3)).toEqual([true, true, false]);
  });

  test('that can not be started is a condition, which is over with the next that can', async () => {
    let tries = 0;
    const { care, words, facts } = careOf({
      backup: async () => {
        if (tries++ === 0) throw new Error('no restic.');
        return { ended: 'not-due', nextAt: null };
      },
    });
    care.start();
    await pass(minute);
    expect(words).toMatchObject([{ raise: { code: 'job-failed', source: 'lisa-phone', subject: 'backup' } }]);
    expect(facts.at(-1)?.backup?.ended).toBe('no restic');
    await pass(hour);
    expect(words.at(-1)).toEqual({ resolve: 'job-failed:lisa-phone:backup' });
    await care.stop();
  });
});

test('what runs is told to end when nobody is to look after the phone any more, and nothing is begun then', async () => {
  const told: string[] = [];
  const until = (what: string, signal: AbortSignal) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error(told.push(what).toString()))),
    );
  const { care, facts, words } = careOf(
    { mirror: (_, signal) => until('pass', signal), backup: (_marker, _isNow, _told, signal) => until('wake', signal) },
    { random: () => 0 },
  );
  care.start();
  await pass(second);
  await care.stop();
  expect(told).toEqual(['pass', 'wake']);
  await pass(day);
  expect(words).toEqual([]);
  expect(facts).toEqual([]);
});
