import type { ConditionEvent } from '../events/condition.ts';
import type { ConfigChange } from './overview.ts';
import { exampleNowMs, exampleSource } from './testing.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What happened to the example fleet in a day: troubles that came, went and came again. */
export const exampleEvents = (nowMs: number = exampleNowMs): readonly ConditionEvent[] => {
  const event = (
    agoMs: number,
    what: ConditionEvent['event'],
    about: Pick<ConditionEvent, 'code' | 'source' | 'severity' | 'text'>,
    openMs = 0,
  ): ConditionEvent => ({
    ...{ version: 1, at: new Date(nowMs - agoMs).toISOString(), event: what, openMs, remedy: '', ...about },
    key: about.source === null ? about.code : `${about.code}:${about.source}`,
  });
  const failing = {
    code: 'run-failing',
    source: 'media-server',
    severity: 'warning',
    text: 'The last run failed: restic said: Fatal: wrong password or no key found.',
  } as const;
  const stuck = {
    code: 'run-stuck',
    source: 'laptop',
    severity: 'warning',
    text: 'Its run stands still.',
  } as const;
  const quota = {
    code: 'quota-80',
    source: 'build-server',
    severity: 'warning',
    text: '81% of its quota of 200 GiB is used.',
  } as const;
  const half = hourMs / 2;
  return [
    ...[20, 17, 14, 11].flatMap((hours) => [
      event(hours * hourMs, 'raised', stuck),
      event(hours * hourMs - half, 'resolved', stuck, half),
    ]),
    event(9 * hourMs, 'resolved', quota, 3 * dayMs),
    event(8 * hourMs, 'raised', failing),
  ];
};

/** What changed in the example's sources.yaml in a day. */
export const exampleChanges = (nowMs: number = exampleNowMs): readonly ConfigChange[] => [
  {
    atMs: nowMs - 10 * hourMs,
    lines: [`+ nas-mirror: uid ${exampleSource('nas-mirror').uid}, one key`, '~ build-server: quota 200G, was 160G'],
  },
];
