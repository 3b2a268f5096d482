import { styleText } from 'node:util';
import type { Bytes } from '@berth/common/brand.ts';
import { formatDuration, isMillis } from '@berth/common/duration.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { RewindView } from '../store/rewind/shown.ts';
import { localTime } from './local-time.ts';

/** What the text names besides the plan. */
export interface RewindWords {
  readonly source: string;
  /** The command that rewinds this source to a place, ready to be typed. */
  readonly commandTo: (place: number) => string;
  readonly quotaBytes: Bytes | null;
}

const paint = (format: 'green' | 'red' | 'yellow' | 'bold', text: string): string =>
  styleText(format, text, { stream: process.stdout });

/** A plan as a person reads it before deciding. */
export const rewindText = (view: RewindView, words: RewindWords): string => {
  const { place, at, snapshots, live } = view;
  return lines([
    `${paint('bold', `rewind ${words.source}`)} to place ${place}: ${at === null ? 'before everything' : `as it was after ${localTime(at)}`}`,
    ...(view.repository
      ? []
      : [paint('yellow', 'at that moment it had NO repository: there is nothing to restore from it')]),
    '',
    `comes back    ${amounts(view.returns)}`,
    `to the trash  ${amounts(view.leaves)}`,
    `gone          ${Object.keys(view.missing).length === 0 ? 'nothing' : paint('red', amounts(view.missing))}`,
    `live          now ${amount(live.now)}; after ${amount(live.after)}; live and trash together stay what they are`,
    ...overQuota(view, words.quotaBytes),
    `snapshots     now ${snapshots.now}; after ${snapshots.after}`,
    ...snapshotLines('regained', snapshots.regained),
    ...snapshotLines('lost', snapshots.lost),
    ...quietLines(view, words),
  ]);
};

/** True when the source is there already. */
export const isNothing = ({ returns, leaves }: RewindView): boolean =>
  Object.keys(returns).length === 0 && Object.keys(leaves).length === 0;

const mostShown = 10;

const snapshotLines = (
  what: 'regained' | 'lost',
  { count, newest }: RewindView['snapshots']['lost'],
): readonly string[] => {
  const shown = newest.slice(0, mostShown);
  const more = count - shown.length;
  return [
    ...shown.map(({ id, at }) => `  ${what.padEnd(8)}    ${id}  ${at === null ? 'no record of when' : localTime(at)}`),
    ...(more > 0 ? [`  ${what.padEnd(8)}    and ${more} older`] : []),
  ];
};

const overQuota = ({ live }: RewindView, quotaBytes: Bytes | null): readonly string[] =>
  quotaBytes !== null && live.after.bytes > quotaBytes
    ? [
        paint(
          'yellow',
          `              more than its quota of ${formatSize(quotaBytes)}: backups are refused until you raise it`,
        ),
      ]
    : [];

const quietLines = ({ quiet }: RewindView, { commandTo }: RewindWords): readonly string[] => {
  const { locks, removing, before, after } = quiet;
  if (locks.length === 0 && !removing) return ['moment        quiet: nothing was under way'];
  const why = [
    ...locks
      .slice(0, 3)
      .map(({ id, ageMs }) => `a lock was live (${id}, ${isMillis(ageMs) ? formatDuration(ageMs) : ''} old)`),
    ...(removing ? ['it lies between removals that belong together'] : []),
  ];
  return [
    paint('yellow', `moment        BUSY: ${why.join('; ')}`),
    ...(before === null ? [] : [`  quiet before  ${commandTo(before.place)}   # ${since(before)}`]),
    ...(after === null ? [] : [`  quiet after   ${commandTo(after.place)}   # ${since(after)}`]),
  ];
};

const since = ({ from }: { readonly from: number | null }): string => (from === null ? '' : localTime(from));

const amounts = (types: RewindView['returns']): string => {
  const order = ['snapshots', 'data', 'index', 'keys', 'config', 'locks'] as const;
  const parts = order.flatMap((type) => {
    const found = types[type];
    return found === undefined ? [] : `${found.objects} ${type}`;
  });
  if (parts.length === 0) return 'nothing';
  const bytes = Object.values(types).reduce((total, each) => total + each.bytes, 0);
  return `${parts.join(', ')}: ${size(bytes)}`;
};

const amount = ({ objects, bytes }: { readonly objects: number; readonly bytes: number }): string =>
  `${size(bytes)} in ${objects} objects`;

const size = (bytes: number): string => (isBytes(bytes) ? formatSize(bytes) : `${bytes} B`);

const lines = (those: readonly string[]): string => `${those.join('\n')}\n`;
