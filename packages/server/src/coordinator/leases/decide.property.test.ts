import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Asker, decide } from './decide.ts';
import { inOrder } from './order.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A machine that wants to run whenever its period is over, and takes so long. */
interface Machine {
  readonly everyMs: number;
  readonly lengthMs: number;
  /** How much it forgets to come again after it was told when. */
  readonly forgets: boolean;
}

const anyMachine: fc.Arbitrary<Machine> = fc.record({
  everyMs: fc.constantFrom(hourMs, 6 * hourMs, 24 * hourMs),
  lengthMs: fc.integer({ min: 1, max: 40 }).map((minutes) => minutes * minuteMs),
  forgets: fc.constantFrom(false, false, false, true),
});

interface Moment {
  readonly nowMs: number;
  readonly held: number;
  readonly granted: Asker | null;
  readonly waiting: readonly Asker[];
}

/** Lets machines come for half a week; shows every answer, and how late any of them ever was, in its own periods. */
const simulate = (machines: readonly Machine[], concurrency: number, see: (moment: Moment) => void): number => {
  const states = machines.map((_, index) => ({
    nextMs: index * 1000,
    lastMs: Number.NEGATIVE_INFINITY,
    slotMs: index * 1000,
  }));
  const held = new Map<number, number>();
  const waiting = new Map<number, Asker>();
  let worst = 0;
  for (let nowMs = 0; nowMs < 84 * hourMs; ) {
    for (const [index, endsAtMs] of held) {
      const state = states[index];
      const machine = machines[index];
      if (endsAtMs > nowMs || state === undefined || machine === undefined) continue;
      held.delete(index);
      state.slotMs = Math.max(state.slotMs + machine.everyMs, nowMs);
      state.nextMs = state.slotMs;
    }
    for (const [index, state] of states.entries()) {
      const machine = machines[index];
      if (machine === undefined || state.nextMs > nowMs || held.has(index)) continue;
      const staleness = (nowMs - state.lastMs) / machine.everyMs;
      const { lengthMs } = machine;
      const askedAtMs = waiting.get(index)?.askedAtMs ?? nowMs;
      const asker: Asker = {
        ...{ source: `m${index}`, person: false, staleness, askedAtMs, keepUntilMs: nowMs + minuteMs },
        lengthMs,
      };
      waiting.set(index, asker);
      const decision = decide({
        ...{ nowMs, concurrency, asker },
        held: [...held].map(([other, endsAtMs]) => ({ source: `m${other}`, endsAtMs })),
        waiting: [...waiting.values()],
      });
      const before = [...waiting.values()].filter(({ keepUntilMs }) => keepUntilMs >= nowMs);
      see({ nowMs, held: held.size, granted: decision.kind === 'granted' ? asker : null, waiting: before });
      if (decision.kind === 'granted') {
        if (Number.isFinite(staleness)) worst = Math.max(worst, staleness);
        waiting.delete(index);
        held.set(index, nowMs + lengthMs);
        state.lastMs = nowMs;
      } else {
        const forgets = machine.forgets && Math.floor(nowMs / hourMs) % 3 === 0;
        state.nextMs = nowMs + decision.retryAfterMs + (forgets ? 20 * minuteMs : 0);
        waiting.set(index, { ...asker, keepUntilMs: nowMs + decision.retryAfterMs + minuteMs });
      }
    }
    const next = [...held.values(), ...states.flatMap(({ nextMs }, index) => (held.has(index) ? [] : [nextMs]))];
    nowMs = Math.max(nowMs + 1, Math.min(...next));
  }
  return worst;
};

const anyFleet = fc.array(anyMachine, { minLength: 1, maxLength: 25 });

test('never more hold a place than there are, and nobody is passed but into places that those ahead leave over', () => {
  fc.assert(
    fc.property(anyFleet, fc.integer({ min: 1, max: 4 }), (machines, concurrency) => {
      simulate(machines, concurrency, ({ held, granted, waiting }) => {
        if (granted === null) return;
        const ahead = waiting.filter((one) => inOrder(one, granted) < 0).length;
        if (concurrency - held <= ahead) throw new Error(`granted with ${held} held and ${ahead} ahead`);
      });
    }),
    { numRuns: 10 },
  );
});

test('nobody starves: while there is less work than time, each runs within three of its periods and a few hours', () => {
  fc.assert(
    fc.property(anyFleet, (machines) => {
      const load = machines.reduce((sum, { everyMs, lengthMs }) => sum + lengthMs / everyMs, 0);
      const worst = simulate(machines, Math.ceil(load * 1.3), () => undefined);
      expect(worst).toBeLessThan(4);
    }),
    { numRuns: 10 },
  );
});

const anyAsker = fc.record({
  ...{ source: fc.constantFrom('a', 'b', 'c', 'd'), person: fc.boolean() },
  staleness: fc.constantFrom(0, 0.9, 1, 1.5, 2, 7, Number.POSITIVE_INFINITY),
  ...{ askedAtMs: fc.nat(3), keepUntilMs: fc.constant(10), lengthMs: fc.constantFrom(0, minuteMs) },
});

test('the queue has one order', () => {
  fc.assert(
    fc.property(anyAsker, anyAsker, anyAsker, (one, two, three) => {
      expect(Math.sign(inOrder(one, two)) + Math.sign(inOrder(two, one))).toBe(0);
      if (inOrder(one, two) < 0 && inOrder(two, three) < 0) expect(inOrder(one, three)).toBeLessThan(0);
    }),
  );
});
