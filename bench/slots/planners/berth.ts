import type { Decision } from '../../../packages/server/src/coordinator/leases/decide.ts';
import { lengthWithin } from '../awake.ts';
import { dayMs, hourMs, minuteMs } from '../calendar.ts';
import { makeChance } from '../chance.ts';
import type { Fleet, Machine } from '../fleet.ts';
import { type Admission, makeRuns } from '../run.ts';
import type { World } from '../world.ts';
import { makeCoordinator } from './coordinator.ts';

/** What only berth has: filled while it plays. */
export interface BerthNotes {
  /** What each plan of the whole fleet took of one core: its time on a machine that does nothing else. */
  readonly planMs: number[];
  /** How long a run waited for its lease while its machine was awake, the worst. */
  worstWaitMs: number;
  /** In the middle of the time: how many of the others get another place when one is added, of several tries. */
  readonly movedOnAdd: number[];
}

export const noNotes = (): BerthNotes => ({ planMs: [], worstWaitMs: 0, movedOnAdd: [] });

/** The operating system wakes each agent that often, and so much after the machine is on when it slept through one. */
const wakeMs = 15 * minuteMs;
const wakeLateMs = minuteMs / 3;
/** A slot that begins within this is waited for. */
const waitMs = 16 * minuteMs;
/** As the coordinator's own fleet.ts has it; there, who is added is planned at once. */
const replanMs = 3 * hourMs;
const addsMeasured = 10;

/** A fleet whose machines ask the coordinator. */
export const playBerth =
  (fleet: Fleet, notes: BerthNotes) =>
  (world: World): void => {
    const coordinator = makeCoordinator(fleet, world);
    const runs = makeRuns(fleet, world);
    const agents = fleet.machines.map(({ index }) => ({
      phaseMs: makeChance(fleet.seed, index, 3).share() * wakeMs,
      /** Which of the wakes that were set is the one that counts. */
      turn: 0,
      /** In this process already: waiting for its slot, in the queue, or running. */
      busy: false,
      /** Which lease is the present one. */
      lease: 0,
      grantedAtMs: 0,
    }));
    const agentOf = ({ index }: Machine) => {
      const agent = agents[index];
      if (agent === undefined) throw new Error(`no agent ${index}`);
      return agent;
    };

    /** The first wake of its agent from `atMs` on. One that was slept through comes as soon as the machine is on again. */
    const wakeAfter = (machine: Machine, atMs: number): number => {
      const { phaseMs } = agentOf(machine);
      const onAtMs = world.awakeAt(machine, atMs);
      const last = Math.floor((onAtMs - phaseMs) / wakeMs) * wakeMs + phaseMs;
      const isMissed = onAtMs > atMs && world.awakeAt(machine, last) > last;
      const wake = isMissed ? last : Math.ceil((onAtMs - phaseMs) / wakeMs) * wakeMs + phaseMs;
      const soonAtMs = world.awakeAt(machine, wake);
      return soonAtMs === wake ? wake : world.awakeAt(machine, soonAtMs + wakeLateMs);
    };

    /** Sets the wake that will find something to do; all before it would find nothing. */
    const attend = (machine: Machine): void => {
      const agent = agentOf(machine);
      if (agent.busy) return;
      agent.turn += 1;
      const { turn } = agent;
      const slot = coordinator.slot(machine);
      if (slot === null) return;
      world.at(wakeAfter(machine, Math.max(world.nowMs + 1, slot.startsAtMs - waitMs)), () => {
        if (agent.turn === turn) wake(machine);
      });
    };
    const wake = (machine: Machine): void => {
      const agent = agentOf(machine);
      const slot = coordinator.slot(machine);
      if (slot === null || slot.startsAtMs > world.nowMs + waitMs) attend(machine);
      else {
        agent.busy = true;
        world.at(slot.startsAtMs, () => startsNow(machine));
      }
    };
    const startsNow = (machine: Machine): void => {
      const agent = agentOf(machine);
      const onAtMs = world.awakeAt(machine, world.nowMs);
      if (onAtMs > world.nowMs && !machine.shutsDown) {
        world.at(onAtMs, () => startsNow(machine));
        return;
      }
      // The slot may have been moved, or the process have gone with its machine.
      if (onAtMs > world.nowMs || (coordinator.slot(machine)?.startsAtMs ?? Number.POSITIVE_INFINITY) > world.nowMs) {
        agent.busy = false;
        attend(machine);
        return;
      }
      const startedAtMs = world.nowMs;
      runs.begin(machine, admissionOf(machine), (tookMs) => {
        agent.busy = false;
        if (tookMs !== null) coordinator.report(machine, startedAtMs, world.nowMs - agent.grantedAtMs);
        attend(machine);
      });
    };
    const admissionOf = (machine: Machine): Admission => ({
      ask: (go, never) => {
        const agent = agentOf(machine);
        const askedAtMs = world.nowMs;
        agent.lease += 1;
        const poll = (): void => {
          const onAtMs = world.awakeAt(machine, world.nowMs);
          if (onAtMs > world.nowMs && machine.shutsDown) never();
          else if (onAtMs > world.nowMs) world.at(onAtMs, poll);
          else answered(coordinator.ask(machine));
        };
        const answered = (decision: Decision): void => {
          if (decision.kind === 'waiting') {
            world.at(world.nowMs + decision.retryAfterMs, poll);
            return;
          }
          agent.grantedAtMs = world.nowMs;
          notes.worstWaitMs = Math.max(notes.worstWaitMs, lengthWithin(machine.awake, askedAtMs, world.nowMs));
          go();
        };
        poll();
      },
      free: (inMs) => {
        const agent = agentOf(machine);
        const { lease } = agent;
        if (inMs === 0) coordinator.free(machine);
        else {
          world.at(world.nowMs + inMs, () => {
            if (agent.lease === lease) coordinator.free(machine);
          });
        }
      },
    });

    const replan = (): void => {
      notes.planMs.push(coordinator.replan());
      for (const machine of fleet.machines) if (machine.joinsAtMs <= world.nowMs) attend(machine);
    };
    replan();
    for (let atMs = fleet.fromMs + replanMs; atMs < fleet.toMs; atMs += replanMs) world.at(atMs, replan);
    world.at((fleet.fromMs + fleet.toMs) / 2 + dayMs / 4, () => {
      for (const machine of fleet.machines.slice(0, addsMeasured)) notes.movedOnAdd.push(coordinator.movedBy(machine));
    });
  };
