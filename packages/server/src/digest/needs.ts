import type { SourceState } from '@berth/common/control/usage.ts';
import { phoneRemedy } from '../coordinator/stuck.ts';
import { type Condition, type Severity, severities } from '../events/condition.ts';
import type { Overview, OverviewSource } from '../monitor/overview.ts';
import type { Limits } from './limits.ts';
import type { Need } from './model.ts';
import { rankOf, shortTitleOf, titleOf } from './titles.ts';
import { type Clock, named, plain } from './words.ts';

/** One condition, or what is as good as one. */
interface Trouble {
  readonly code: string;
  /** The condition's; empty for what is none yet. */
  readonly key: string;
  readonly source: string | null;
  readonly severity: Severity;
  readonly text: string;
  readonly remedy: string;
  /** UTC milliseconds; null where it is not known. */
  readonly sinceMs: number | null;
}

/** What needs doing, the worst first: one for each code, however many sources it is about. */
export const needsOf = (overview: Overview, clock: Clock, limits: Limits): readonly Need[] => {
  const groups = new Map<string, Trouble[]>();
  for (const trouble of troublesOf(overview)) {
    const group = groups.get(trouble.code);
    if (group === undefined) groups.set(trouble.code, [trouble]);
    else group.push(trouble);
  }
  return [...groups.values()]
    .map((group) => ({ group, severity: worst(group), code: group[0]?.code ?? '', sinceMs: oldest(group) }))
    .sort((a, b) => loudness(b.severity) - loudness(a.severity) || rankOf(a.code) - rankOf(b.code))
    .map(({ group, severity, code, sinceMs }) => needOf(group, severity, code, sinceMs, clock, limits));
};

const loudness = (severity: Severity): number => severities.indexOf(severity);

const worst = (group: readonly Trouble[]): Severity =>
  severities.findLast((severity) => group.some((one) => one.severity === severity)) ?? 'notice';

const oldest = (group: readonly Trouble[]): number | null =>
  group.reduce<number | null>(
    (least, { sinceMs }) => (sinceMs === null || (least !== null && least <= sinceMs) ? least : sinceMs),
    null,
  );

const needOf = (
  group: readonly Trouble[],
  severity: Severity,
  code: string,
  sinceMs: number | null,
  clock: Clock,
  { each, letters }: Limits,
): Need => {
  const sources = [...new Set(group.flatMap(({ source }) => (source === null ? [] : [plain(source, 80)])))];
  return {
    ...{ severity, title: `${titleOf(code, sources)}${subjectsOf(group)}`, sources },
    texts: textsOf(group, each, letters),
    since: sinceMs === null ? '' : `Since ${clock.moment(sinceMs)}, ${clock.ago(sinceMs)}.`,
    remedies: remediesOf(group, each, letters),
    short: stateCodes.has(code) ? null : shortTitleOf(code, sources),
  };
};

/** Which channels, which files: of those the title says no more than that there are some. */
const subjectsOf = (group: readonly Trouble[]): string => {
  const subjects = group.flatMap(({ code, key }) =>
    code === 'channel-failing' || code === 'file-broken' ? [plain(key.slice(code.length).replace(/^:+/, ''), 60)] : [],
  );
  const known = subjects.filter((subject) => subject !== '');
  return known.length === 0 ? '' : ` (${named(known, 3)})`;
};

/** The same words once; others with the name of their source. */
const textsOf = (group: readonly Trouble[], each: number, letters: number): readonly string[] => {
  const bySaid = new Map<string, string[]>();
  for (const { text, source } of group) {
    const said = plain(text, letters);
    const names = bySaid.get(said);
    const name = source === null ? [] : [plain(source, 80)];
    if (names === undefined) bySaid.set(said, name);
    else names.push(...name);
  }
  const lines = [...bySaid].map(([said, names]) =>
    bySaid.size === 1 || names.length === 0 ? said : `${named([...new Set(names)], 8)}: ${said}`,
  );
  const rest = lines.length - each;
  return rest > 0 ? [...lines.slice(0, each), `And ${rest} more of the kind.`] : lines;
};

/** Commands that differ in nothing but the source are one, said of NAME. */
const remediesOf = (group: readonly Trouble[], each: number, letters: number): readonly string[] => {
  const remedies = new Map<string, string>();
  for (const { remedy, source } of group) {
    const said = plain(remedy, Math.max(letters, 400));
    const template = source === null ? said : said.replace(command(plain(source, 80)), '$1NAME');
    remedies.set(template, remedies.has(template) ? template : said);
  }
  const lines = [...remedies.values()].filter((remedy) => remedy !== '');
  const rest = lines.length - each;
  return rest > 0 ? [...lines.slice(0, each), `And so on for ${rest} more.`] : lines;
};

/** A source's name where a command of ours takes one. */
const command = (source: string): RegExp =>
  new RegExp(`(berth-server [a-z]+ )${RegExp.escape(source)}(?=$|[\\s.,;:])`, 'gu');

/** Said by the states that the subject counts. */
const stateCodes: ReadonlySet<string> = new Set(['overdue', 'run-failing', 'storage-unreadable', 'run-warned']);

/** Open conditions, and what the overview knows that is no condition yet: the two are looked at seconds apart. */
const troublesOf = (overview: Overview): readonly Trouble[] => {
  const known = new Set(overview.conditions.map(({ code, source }) => `${code} ${source ?? ''}`));
  const { refused } = overview.server;
  return [
    ...overview.conditions.map((condition) => ofCondition(condition, refused)),
    ...[...ofServer(overview), ...overview.sources.flatMap(ofState)].filter(
      ({ code, source }) => !known.has(`${code} ${source ?? ''}`),
    ),
  ];
};

/** Which line of sources.yaml it is belongs to what to do. */
const ofCondition = (condition: Condition, refused: Overview['server']['refused']): Trouble => {
  const sinceMs = Date.parse(condition.since);
  const [finding] = condition.code === 'config-refused' ? (refused?.findings ?? []) : [];
  const isSaid = finding === undefined || condition.text.includes(finding.message);
  const { code, key, source, severity, remedy } = condition;
  const text = isSaid ? condition.text : `${condition.text} ${finding.message}`;
  return { code, key, source, severity, text, remedy, sinceMs: Number.isNaN(sinceMs) ? null : sinceMs };
};

const ofServer = ({ server, tight }: Overview): readonly Trouble[] => {
  const warning = { key: '', source: null, severity: 'warning', sinceMs: null } as const;
  const logs = 'See what the server says of it: berth-server status';
  const [finding] = server.refused?.findings ?? [];
  const [tightest] = tight;
  return [
    ...(server.refused === null
      ? []
      : [
          {
            ...{ ...warning, code: 'config-refused', sinceMs: server.refused.atMs },
            text: `The last good one is. ${finding?.message ?? ''}`,
            remedy: finding?.remedy ?? 'See what is wrong with it: berth-server check',
          },
        ]),
    ...(server.coordinator === 'up'
      ? []
      : [
          { ...warning, code: 'coordinator-down', text: 'Slots are the last known ones; backups go on.', remedy: logs },
        ]),
    ...(server.coordinatorTrouble === null
      ? []
      : [{ ...warning, code: 'coordinator-state', text: server.coordinatorTrouble, remedy: logs }]),
    ...(server.clockTrusted
      ? []
      : [
          {
            ...warning,
            code: 'clock-jump',
            text: 'Nothing is purged until it is.',
            remedy: 'Look at it: berth-server clock',
          },
        ]),
    ...(tightest === undefined
      ? []
      : [{ ...warning, code: 'plan-tight', text: tight.map(({ text }) => text).join(' '), remedy: tightest.remedy }]),
  ];
};

const ofState = ({ name, state, words, lastSuccessMs, lastRun, ingest }: OverviewSource): readonly Trouble[] => {
  const known = ofStates[state];
  if (known === undefined) return [];
  const sinceMs = state === 'warned' ? (lastRun?.endedAtMs ?? null) : state === 'overdue' ? lastSuccessMs : null;
  // Nobody types anything on a phone: what it does is done here.
  const remedy =
    ingest === null || state === 'unreadable' ? known.remedy : phoneRemedy.replaceAll('SOURCE', () => name);
  return [{ ...known, remedy, key: '', source: name, text: words ?? `It is ${state}.`, sinceMs }];
};

const ofStates: Partial<Readonly<Record<SourceState, Pick<Trouble, 'code' | 'severity' | 'remedy'>>>> = {
  overdue: {
    code: 'overdue',
    severity: 'critical',
    remedy: 'See that the machine is on and reaches the server, then type there: berth doctor',
  },
  failing: { code: 'run-failing', severity: 'warning', remedy: 'Type on that machine: berth status' },
  unreadable: { code: 'storage-unreadable', severity: 'critical', remedy: 'See what is wrong: berth-server status' },
  // It came, so it can wait; and a file that is always locked would be a trouble every day.
  warned: { code: 'run-warned', severity: 'notice', remedy: 'See which, on that machine: berth status' },
};
