import { cancelled, Problem } from '@berth/common/problem.ts';
import type { Down, Group } from '../containers/containers.ts';
import type { Noted, Things } from '../recover/things.ts';
import type { Exec } from './exec.ts';
import { type Systemctl, systemctlOf, type UnitState } from './systemctl.ts';

/** What stopping a unit takes from the world. */
export interface UnitsWorld {
  readonly exec: Exec;
  readonly things: Things;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

type UnitGroup = Group & { readonly kind: 'unit' };

/** A unit that is up for this long has come up. */
const settleMs = 500;
const startTries = 3;
const startMs = 5 * 60_000;
/** A signal's time is over at once for more. */
const longestTimer = 2 ** 31 - 1;

/**
 * Stops a systemd unit with all that stops along and all that would start it again (sockets, paths, timers), as far as it is active, and starts
 * exactly those again. Noted before, each by itself. Throws as `Quiesce.down`.
 */
export const quiesceUnit = async (group: UnitGroup, world: UnitsWorld, signal: AbortSignal): Promise<Down> => {
  const systemctl = systemctlOf(world.exec, group.user);
  if (signal.aborted) throw cancelled();
  const active = await activeAround(systemctl, group.unit, signal);
  const notes: { readonly unit: string; readonly done: () => Promise<void> }[] = [];
  for (const { unit } of active) {
    notes.push({ unit, ...(await world.things.note({ kind: 'unit', unit, user: group.user })) });
  }
  const began = world.elapsed();
  const copying = new AbortController();
  const limit = AbortSignal.timeout(Math.min(group.timeoutMs, longestTimer));
  let raised: ReturnType<Down['up']> | null = null;
  const up = (): ReturnType<Down['up']> => {
    raised ??= raise(systemctl, active, notes, { world, began, user: group.user });
    return raised;
  };
  const end = (problem: Problem): void => {
    copying.abort(problem);
    // Whoever asks later learns how it ended; here nobody listens yet.
    up().catch(() => undefined);
  };
  const onLimit = (): void => end(tooLong(group));
  const onCancel = (): void => end(cancelled());
  limit.addEventListener('abort', onLimit, { once: true });
  signal.addEventListener('abort', onCancel, { once: true });
  const release = (): void => {
    limit.removeEventListener('abort', onLimit);
    signal.removeEventListener('abort', onCancel);
  };
  const upAndRelease = (): ReturnType<Down['up']> => {
    release();
    return up();
  };
  const stopping = AbortSignal.any([signal, limit]);
  try {
    const words = await systemctl.stop(
      active.map(({ unit }) => unit),
      stopping,
    );
    if (stopping.aborted) throw signal.aborted ? cancelled() : tooLong(group);
    const left = (await systemctl.show([group.unit], stopping)).find(({ isActive }) => isActive);
    if (left !== undefined) throw failed(group, words ?? 'it still runs');
  } catch (error) {
    await upAndRelease();
    throw stopping.aborted && !signal.aborted ? tooLong(group) : signal.aborted ? cancelled() : error;
  }
  return {
    signal: copying.signal,
    up: upAndRelease,
    [Symbol.asyncDispose]: async () => {
      await upAndRelease();
    },
  };
};

/** For recover. Throws 'not-started-again'; a unit that is gone from the machine is nobody's any more. */
export const startNotedUnit = async (
  thing: Noted & { readonly kind: 'unit' },
  world: Omit<UnitsWorld, 'things'>,
): Promise<void> => {
  const systemctl = systemctlOf(world.exec, thing.user);
  const [state] = await systemctl.show([thing.unit], AbortSignal.timeout(startMs));
  if (state?.isKnown === false) throw new Problem('entry-gone', `There is no unit ${thing.unit} any more.`, 'Nothing.');
  const words = await start(systemctl, [thing.unit], world);
  if (words !== null) throw notStarted([thing.unit], words, thing.user);
};

/** The unit, what stops along, and what would start it, as far as they are active; the unit itself last. */
const activeAround = async (systemctl: Systemctl, unit: string, signal: AbortSignal): Promise<readonly UnitState[]> => {
  const known = new Map<string, UnitState>();
  let wanted: readonly string[] = [unit];
  while (wanted.length > 0) {
    const states = await systemctl.show(wanted, signal);
    for (const state of states) known.set(state.unit, state);
    if (known.size === states.length && states[0]?.isKnown !== true) {
      throw new Problem(
        'quiesce-failed',
        `This machine has no unit ${unit}.`,
        'Look the name up: systemctl list-units --all',
      );
    }
    const around = states
      .filter(({ isActive }) => isActive)
      .flatMap((state) => [...state.stoppedWith, ...state.triggers]);
    wanted = [...new Set(around)].filter((name) => !known.has(name));
  }
  return [...known.values()].filter(({ isActive }) => isActive).toReversed();
};

const raise = async (
  systemctl: Systemctl,
  active: readonly UnitState[],
  notes: readonly { readonly unit: string; readonly done: () => Promise<void> }[],
  { world, began, user }: { readonly world: UnitsWorld; readonly began: number; readonly user: boolean },
): ReturnType<Down['up']> => {
  const units = active.map(({ unit }) => unit);
  // Its own time: what was stopped is started again also when the run is not to go on.
  const now = await systemctl.show(units, AbortSignal.timeout(startMs)).catch(() => []);
  const meanwhile = now.flatMap(({ unit, isActive, since }) => {
    const before = active.find((state) => state.unit === unit);
    return isActive && since !== before?.since ? [unit] : [];
  });
  const words = await start(systemctl, units, world);
  if (words !== null) throw notStarted(units, words, user);
  const downMs = world.elapsed() - began;
  for (const { done } of notes) await done();
  return { downMs, meanwhile, warnings: [] };
};

/** Null when all of them run, and keep running. */
const start = async (
  systemctl: Systemctl,
  units: readonly string[],
  world: Omit<UnitsWorld, 'things'>,
): Promise<string | null> => {
  if (units.length === 0) return null;
  let words = 'it does not start';
  for (let tries = 0; tries < startTries; tries += 1) {
    const deadline = AbortSignal.timeout(startMs);
    if (tries > 0) await world.sleep(2_000 * tries, deadline);
    const inTheWay = tries === 0 ? [] : await startedBeforeSockets(systemctl, units, deadline);
    await systemctl.stop(inTheWay, deadline);
    words = (await systemctl.start([...new Set([...units, ...inTheWay])], deadline)) ?? words;
    await world.sleep(settleMs, deadline);
    const states = await systemctl.show(units, deadline).catch(() => []);
    if (states.length === units.length && states.every(({ isActive }) => isActive)) return null;
  }
  return words;
};

/** A socket does not start while its service runs, which somebody started in the meantime. */
const startedBeforeSockets = async (
  systemctl: Systemctl,
  units: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const down = (await systemctl.show(units, signal)).filter(({ isActive }) => !isActive);
  const sockets = down.filter(({ unit }) => unit.endsWith('.socket')).flatMap(({ starts }) => starts);
  return (await systemctl.show(sockets, signal)).flatMap(({ unit, isActive }) => (isActive ? [unit] : []));
};

const tooLong = ({ unit, timeoutMs }: UnitGroup): Problem =>
  new Problem(
    'quiesce-timeout',
    `${unit} was down for ${Math.round(timeoutMs / 1000)} s and was started again.`,
    'Give it more time: timeout: in agent.yaml, at services.',
  );

const failed = ({ unit }: UnitGroup, words: string): Problem =>
  new Problem('quiesce-failed', `${unit} could not be stopped: ${words}`, `Look: systemctl status ${unit}`);

const notStarted = (units: readonly string[], words: string, user: boolean): Problem =>
  new Problem(
    'not-started-again',
    `${units.join(', ')} did not start again: ${words}`,
    `Start it: systemctl ${user ? '--user ' : ''}start ${units.join(' ')}`,
  );
