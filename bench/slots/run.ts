import { minuteMs } from './calendar.ts';
import { makeChance } from './chance.ts';
import type { Fleet, Machine } from './fleet.ts';
import type { World } from './world.ts';

/** Asks for the right to run, where somebody gives it. Without a server: `freely`. */
export interface Admission {
  /** Calls `go` when a try may begin, with the machine awake; `never` when the machine is shut down before. */
  ask(go: () => void, never: () => void): void;
  /** The right is given back; `inMs` from now if it was lost without a word. */
  free(inMs: number): void;
}

export const freely: Admission = { ask: (go) => go(), free: () => undefined };

/** How often a try fails half way, and how often one run tries. */
const failing = { share: 0.02, tries: 3, pauseMs: minuteMs };
/** What of a broken try needs not be sent again: restic keeps the packs that have arrived. */
const kept = 0.9;
/** A lease that is not renewed ends by then. */
const leaseMs = 3 * minuteMs;

/**
 * One run of a machine, the same for every planner: what is to be done, what goes wrong, and how often it is tried again.
 * A sleeping machine's run wakes with it, finds its connection gone, and tries again; a shut down machine's run is gone.
 */
export interface Runs {
  /** False: it is already running. `over` says whether it made a snapshot, and how long the try took that did. */
  begin(machine: Machine, admission: Admission, over: (tookMs: number | null) => void): boolean;
}

interface State {
  running: boolean;
  hasBackup: boolean;
  /** What is left of a backup that was begun; null when there is none. */
  leftMs: number | null;
}

export const makeRuns = (fleet: Fleet, world: World): Runs => {
  const states = fleet.machines.map(
    ({ joinsAtMs }): State => ({ running: false, hasBackup: joinsAtMs < fleet.fromMs, leftMs: null }),
  );
  const chances = fleet.machines.map(({ index }) => makeChance(fleet.seed, index, 1));
  const today = () => fleet.calendar.dayOf(world.nowMs) - fleet.calendar.dayOf(fleet.fromMs);

  return {
    begin: (machine, admission, over) => {
      const [state, chance] = [states[machine.index], chances[machine.index]];
      if (state === undefined || chance === undefined || state.running) return false;
      state.running = true;
      let tries = 0;

      const end = (tookMs: number | null): void => {
        state.running = false;
        over(tookMs);
      };
      const askAgain = (): void => {
        if (machine.shutsDown) end(null);
        else {
          const wakesAtMs = world.awakeAt(machine, world.nowMs + failing.pauseMs);
          world.at(wakesAtMs, () => admission.ask(attempt, () => end(null)));
        }
      };
      const attempt = (): void => {
        const all = state.hasBackup ? (machine.lengthsMs[today()] ?? 0) : machine.firstLengthMs;
        const left = state.leftMs ?? all;
        const fails = chance.is(failing.share);
        const until = fails ? left * chance.share() : left;
        const startedAtMs = world.nowMs;
        tries += 1;
        world.work(machine, until, (ending, doneMs) => {
          if (ending === 'done' && !fails) {
            state.leftMs = null;
            state.hasBackup = true;
            world.succeeded(machine, { startedAtMs, endedAtMs: world.nowMs });
            admission.free(0);
            end(world.nowMs - startedAtMs);
            return;
          }
          state.leftMs = left - kept * doneMs;
          if (ending === 'asleep') {
            tries -= 1;
            admission.free(leaseMs);
            askAgain();
          } else if (tries === failing.tries) {
            admission.free(0);
            end(null);
          } else world.at(world.nowMs + failing.pauseMs, tryAgain);
        });
      };
      const tryAgain = (): void => {
        if (world.awakeAt(machine, world.nowMs) === world.nowMs) attempt();
        else {
          admission.free(leaseMs);
          askAgain();
        }
      };
      admission.ask(attempt, () => end(null));
      return true;
    },
  };
};
