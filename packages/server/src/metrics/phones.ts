import type { PhoneFacts } from '../ingest/facts.ts';
import { flag, type Measure, seconds } from './measure.ts';

/** One number of each phone; those of which it is not known have none. */
const ofPhone = (
  name: Measure['name'],
  help: string,
  value: (facts: PhoneFacts) => number | null | undefined,
): Measure => ({
  ...{ name, help, labels: ['source'] },
  samples: ({ sources }) =>
    sources.flatMap(({ name: source, phone }) => {
      const known = phone === null ? null : (value(phone) ?? null);
      return known === null ? [] : [{ labels: { source }, value: known }];
    }),
});

const secondsOf = (at: string | null | undefined): number | null =>
  at === null || at === undefined ? null : seconds(Date.parse(at));

const up = ({ syncthing }: PhoneFacts) => (syncthing?.kind === 'up' ? syncthing : null);

/** What is told of each phone, beside what is told of it as of any source. */
export const phoneMeasures: readonly Measure[] = [
  ofPhone(
    'berth_phone_mirror_last_good_timestamp_seconds',
    'When a pass of its mirror last copied everything there was; none before the first.',
    ({ mirror }) => secondsOf(mirror?.goodAt),
  ),
  ofPhone(
    'berth_phone_mirror_pass_timestamp_seconds',
    'When a pass of its mirror last ended, whatever became of it.',
    ({ mirror }) => secondsOf(mirror?.at),
  ),
  ofPhone(
    'berth_phone_mirror_failures',
    'How many passes in a row since the last good one were not.',
    ({ mirror }) => mirror?.failures,
  ),
  ofPhone(
    'berth_phone_mirror_files',
    'How many files its mirror holds, without older versions.',
    ({ mirror }) => mirror?.last?.files,
  ),
  ofPhone('berth_phone_mirror_bytes', 'How large they are.', ({ mirror }) => mirror?.last?.bytes),
  ofPhone(
    'berth_phone_mirror_gone_files',
    'How many of them are no longer on the phone.',
    ({ mirror }) => mirror?.last?.gone,
  ),
  ofPhone(
    'berth_phone_syncthing_up',
    '1 while its Syncthing answers and knows its folder; none where nobody asks.',
    ({ syncthing }) => (syncthing === null ? null : flag(syncthing.kind === 'up')),
  ),
  ofPhone(
    'berth_phone_seen_timestamp_seconds',
    'When Syncthing last saw it; none while Syncthing can not be asked.',
    (facts) => secondsOf(up(facts)?.phoneSeenAt),
  ),
  ofPhone(
    'berth_phone_waiting_items',
    'How many files and folders Syncthing still has to fetch of it; none while it can not be asked.',
    (facts) => up(facts)?.needItems,
  ),
];
