import { Problem } from '@berth/common/problem.ts';
import { type Exec, lastWords } from './exec.ts';

/** A unit as systemd shows it; systemd(1), "Units". */
export interface UnitState {
  readonly unit: string;
  readonly isKnown: boolean;
  /** It runs, or has done what it is for and counts as running. */
  readonly isActive: boolean;
  /** active, inactive, failed, activating, deactivating, reloading, maintenance. */
  readonly state: string;
  /** Changes with each start. */
  readonly since: string;
  /** Units that stop when it does. */
  readonly stoppedWith: readonly string[];
  /** Sockets, paths and timers that would start it again. */
  readonly triggers: readonly string[];
  /** Of a socket, path or timer: the units that it starts. */
  readonly starts: readonly string[];
}

/** systemctl(1), for one manager: the machine's, or this person's own. */
export interface Systemctl {
  readonly show: (units: readonly string[], signal: AbortSignal) => Promise<readonly UnitState[]>;
  /** Resolves when they are down, with systemd's words where it was not content. */
  readonly stop: (units: readonly string[], signal: AbortSignal) => Promise<string | null>;
  /** Resolves when they are up, with systemd's words where they are not. */
  readonly start: (units: readonly string[], signal: AbortSignal) => Promise<string | null>;
}

/** What `Requires=`, `Requisite=`, `BindsTo=`, `PartOf=` and `PropagatesStopTo=` look like from the other end; systemd.unit(5). */
const stopsAlong = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo'];
const asked = [
  'Id',
  'LoadState',
  'ActiveState',
  'ActiveEnterTimestampMonotonic',
  'TriggeredBy',
  'Triggers',
  ...stopsAlong,
];

/** A unit may take its own `TimeoutStopSec=`, which is 90 s unless said. */
const jobMs = 15 * 60_000;

/** Throws 'quiesce-failed' where systemd does not answer, and 'tool-missing' where there is none. */
export const systemctlOf = (exec: Exec, user: boolean): Systemctl => {
  const base = ['systemctl', ...(user ? ['--user'] : []), '--no-pager', '--no-ask-password'] as const;
  const job = async (verb: 'stop' | 'start', units: readonly string[], signal: AbortSignal): Promise<string | null> => {
    if (units.length === 0) return null;
    const end = await exec([...base, verb, '--', ...units], signal, jobMs);
    return end.code === 0 ? null : lastWords(end);
  };
  return {
    show: async (units, signal) => {
      if (units.length === 0) return [];
      const end = await exec([...base, 'show', `--property=${asked.join()}`, '--', ...units], signal);
      if (end.code !== 0) {
        throw new Problem(
          'quiesce-failed',
          `systemd does not answer: ${lastWords(end)}`,
          `Look: systemctl ${user ? '--user ' : ''}status`,
        );
      }
      return end.stdout.trim().split('\n\n').map(stateOf);
    },
    stop: (units, signal) => job('stop', units, signal),
    start: (units, signal) => job('start', units, signal),
  };
};

const stateOf = (block: string): UnitState => {
  const property = new Map(
    block.split('\n').map((line): [string, string] => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
  const list = (name: string): readonly string[] => (property.get(name) ?? '').split(' ').filter((unit) => unit !== '');
  const state = property.get('ActiveState') ?? 'inactive';
  return {
    unit: property.get('Id') ?? '',
    isKnown: property.get('LoadState') !== 'not-found',
    isActive: state === 'active' || state === 'reloading' || state === 'activating',
    state,
    since: property.get('ActiveEnterTimestampMonotonic') ?? '',
    stoppedWith: stopsAlong.flatMap(list),
    triggers: list('TriggeredBy'),
    starts: list('Triggers'),
  };
};
