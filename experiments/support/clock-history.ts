import {
  type ClockSample,
  type ClockState,
  judgeClock,
  trustFrom,
} from '../../packages/server/src/jobs/clock-judge.ts';
import { type ObjectId, parseObjectName } from '../../packages/server/src/store/object.ts';
import { type PurgePlan, planPurge } from '../../packages/server/src/store/purge/plan.ts';
import type { Seq } from '../../packages/server/src/store/seq.ts';
import { memoryJournal } from './memory-journal.ts';

const hour = 3_600_000;
const day = 24 * hour;
const year = 365 * day;
const protectMs = 30 * day;

/** What a server's clock is off by. Less than a day is what the guard lets pass. */
const offsets = [0, 10 * year, -10 * year, year, -year, 40 * day, -40 * day, 2 * day, -2 * day] as const;

/** What came of one history. */
export interface Lived {
  readonly jumps: number;
  readonly trashed: number;
  readonly purged: number;
  /** Purged although, in truth, less than the protection had passed. */
  readonly early: number;
  /** What would have gone early by the times in the journal alone, with nobody guarding the clock. */
  readonly earlyByAt: number;
  /** Still in the trash after the clock was confirmed and the protection had passed: it would be there for ever. */
  readonly stuck: number;
}

/**
 * Some years of a source on a server whose clock jumps by days or years and back, within boots and across them, with an
 * admin who now and then sets it right or confirms it, and only confirms it when it is right. Every purge goes by the
 * guard's judgement and the store's plan, and is measured against the true time.
 */
export const liveThrough = async (random: (below: number) => number): Promise<Lived> => {
  const { disk, layout, append } = memoryJournal();
  let truth = Date.UTC(2026, 0, 1) + random(365) * day;
  let offset: number = random(3) === 0 ? (offsets[random(offsets.length)] ?? 0) : 0;
  let boot = { id: 'boot 0', at: truth };
  let known: ClockState | null = null;
  let objects = 0;
  const live: ObjectId[] = [];
  const trash = new Map<Seq, { readonly truth: number; readonly at: number }>();
  const done = { jumps: 0, trashed: 0, purged: 0, early: 0, earlyByAt: 0 };

  const wall = (): number => truth + offset;
  const sample = (): ClockSample => ({ wallMs: wall(), bootTimeMs: truth - boot.at, bootId: boot.id });
  const look = (): boolean => {
    known = judgeClock(known, sample());
    return known.jump === null;
  };
  const store = (): void => {
    objects += 1;
    const name = parseObjectName(objects.toString(16).padStart(64, '0'));
    if (name === null) throw new Error('64 digits are a name');
    const id: ObjectId = { type: 'data', name };
    append({ op: 'put', at: wall(), id, size: 1, sha256: null });
    live.push(id);
  };
  const remove = (): void => {
    const [id] = live.splice(random(live.length), 1);
    if (id === undefined) return;
    trash.set(append({ op: 'trash', at: wall(), id, size: 1 }), { truth, at: wall() });
    done.trashed += 1;
  };
  const jump = (): void => {
    offset = offsets[random(offsets.length)] ?? 0;
    done.jumps += 1;
  };
  const reboot = (): void => {
    truth += random(3) * random(30) * day;
    boot = { id: `boot ${truth}`, at: truth };
    if (random(3) === 0) jump();
  };
  const confirm = (): void => {
    append({ op: 'clock', at: wall() });
    known = { ...trustFrom(sample()), settledAtMs: wall() };
  };
  const mend = (): void => {
    offset = 0;
    if (!look() && random(2) === 0) confirm();
  };
  const purge = async (): Promise<void> => {
    for (const copy of trash.values()) {
      if (wall() - copy.at > protectMs && truth - copy.truth < protectMs) done.earlyByAt += 1;
    }
    if (!look()) return;
    // The brake has experiments of its own.
    const rules = { now: wall(), protectMs, share: 1, clockSettledAt: known?.settledAtMs ?? null };
    const plan = (): Promise<PurgePlan> => planPurge({ disk, layout }, rules);
    let { due, needsClock } = await plan();
    if (needsClock) {
      append({ op: 'settled', at: wall() });
      ({ due, needsClock } = await plan());
    }
    for (const { id, size, seq } of due) {
      const copy = trash.get(seq);
      if (copy === undefined) throw new Error('what is not in the trash was to be purged');
      if (truth - copy.truth < protectMs) done.early += 1;
      append({ op: 'purge', at: wall(), id, size, of: seq });
      trash.delete(seq);
      done.purged += 1;
    }
  };

  look();
  for (let step = 20 + random(60); step > 0; step -= 1) {
    truth += random(10) < 7 ? random(48) * hour : random(40) * day;
    const happening = random(12);
    if (happening < 3) for (let count = random(4); count >= 0; count -= 1) store();
    else if (happening < 6) remove();
    else if (happening < 7) jump();
    else if (happening < 8) reboot();
    else if (happening < 9) mend();
    else await purge();
    // A server that runs looks every few seconds, and without one nothing is recorded.
    look();
  }
  offset = 0;
  confirm();
  truth += protectMs + hour;
  await purge();
  return { ...done, stuck: trash.size };
};
