import type { SourceState } from '@berth/common/control/usage.ts';
import { type Severity, severities } from '../../events/condition.ts';
import type { Overview } from '../../monitor/overview.ts';

/** Something that a person should do, and all that it is about. */
export interface Todo {
  readonly severity: Severity;
  /** The condition's code, as `berth-server events` shows it. */
  readonly code: string;
  readonly title: string;
  /** What it is about, the longest first. */
  readonly items: readonly TodoItem[];
  /** What to do; the same words of several are said once. */
  readonly remedies: readonly string[];
}

export interface TodoItem {
  readonly source: string | null;
  readonly text: string;
  /** Null where it is not known. */
  readonly sinceMs: number | null;
}

/**
 * What needs doing, worst first and of these the longest first: open conditions, those of one kind together, and what is wrong without being
 * a condition (yet): a refused sources.yaml, a plan without room, a source whose state is bad.
 */
export const todosOf = (overview: Overview): readonly Todo[] => {
  const groups = new Map<string, { severity: Severity; code: string; items: TodoItem[]; remedies: Set<string> }>();
  for (const found of [...conditionsOf(overview), ...unsaidOf(overview)]) {
    const key = `${found.severity} ${found.code}`;
    const group = groups.get(key) ?? {
      ...{ severity: found.severity, code: found.code, items: [], remedies: new Set<string>() },
    };
    group.items.push({ source: found.source, text: found.text, sinceMs: found.sinceMs });
    if (found.remedy !== '') group.remedies.add(found.remedy);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ severity, code, items, remedies }) => ({
      ...{ severity, code, title: titleOf(code), remedies: [...remedies] },
      items: items.toSorted((one, other) => (one.sinceMs ?? 0) - (other.sinceMs ?? 0)),
    }))
    .toSorted((one, other) => rank(other) - rank(one) || (one.items[0]?.sinceMs ?? 0) - (other.items[0]?.sinceMs ?? 0));
};

const rank = ({ severity }: Todo): number => severities.indexOf(severity);

interface Found extends TodoItem {
  readonly severity: Severity;
  readonly code: string;
  readonly remedy: string;
}

const conditionsOf = ({ conditions }: Overview): readonly Found[] =>
  conditions.map(({ severity, code, source, text, remedy, since }) => ({
    ...{ severity, code, source, text, remedy, sinceMs: Date.parse(since) },
  }));

const unsaidOf = ({ conditions, sources, server, tight }: Overview): readonly Found[] => {
  const said = new Set(conditions.map(({ code, source }) => `${code} ${source ?? ''}`));
  const isSaid = (code: string): boolean => conditions.some((condition) => condition.code === code);
  const { refused, coordinatorTrouble } = server;
  return [
    ...(refused === null || isSaid('config-refused')
      ? []
      : refused.findings.map(({ message, remedy }) => ({
          ...({ severity: 'warning', code: 'config-refused', source: null } as const),
          ...{ text: message, remedy, sinceMs: refused.atMs },
        }))),
    ...(coordinatorTrouble === null || isSaid('coordinator-down')
      ? []
      : [{ ...about('coordinator-state', null, coordinatorTrouble), remedy: 'berth-server status' }]),
    ...(isSaid('plan-tight')
      ? []
      : tight.map(({ text, remedy }) => ({ ...about('plan-tight', null, text), remedy, severity: 'notice' as const }))),
    ...sources.flatMap(({ name, state, words }) => {
      const code = codeOfState[state];
      return code === null || said.has(`${code} ${name}`) ? [] : [about(code, name, words ?? state)];
    }),
  ];
};

const about = (code: string, source: string | null, text: string): Found => ({
  ...{ severity: 'warning', code, source, text, sinceMs: null },
  remedy: source === null ? '' : `See its page, or type on that machine: berth doctor`,
});

/** The condition that a state becomes; null for what no condition is made of. */
const codeOfState: Readonly<Record<SourceState, string | null>> = {
  ...{ fine: null, warned: null, never: null },
  ...{ failing: 'run-failing', overdue: 'overdue', unreadable: 'storage-unreadable' },
};

const titles: Readonly<Record<string, string>> = {
  overdue: 'No backup for too long',
  'run-failing': 'The last run failed',
  'storage-unreadable': 'Storage can not be read',
  'report-doubted': 'A report that does not fit the store',
  'report-refused': 'A report was refused',
  'run-stuck': 'A run does not end',
  'plan-tight': 'The windows are full',
  'coordinator-state': 'The plan can not be read or kept',
  'coordinator-down': 'The coordinator is down',
  'monitor-down': 'The monitor was down',
  'digest-unsent': 'The digest could not be sent',
  'channel-failing': 'Messages do not get through',
  'page-down': 'This page could not listen',
  'config-refused': 'sources.yaml was refused',
  'host-key-changed': 'The host key changed',
  'mass-delete': 'Much was deleted at once',
  'snapshot-burst': 'Snapshots vanish or come oddly',
  'backdated-churn': 'Times that can not be',
  'quota-80': 'Quota more than 80 % used',
  'quota-95': 'Quota almost used up',
  'bit-rot': 'Stored bytes are damaged',
  'bad-object-stays': 'Damaged bytes have not come back',
  'disk-failing': 'The disk fails',
  'job-failed': "The server's own work failed",
  'clock-jump': 'The clock jumped',
  'disk-floor': 'The disk is full',
  'disk-full-soon': 'The disk fills up',
  'file-broken': 'A file of the server was broken',
};
/** What a condition of this code is called at a glance. */
export const titleOf = (code: string): string => titles[code] ?? code;
