import { styleText } from 'node:util';
import type { Millis } from '@berth/common/brand.ts';
import { formatDuration } from '@berth/common/duration.ts';
import { formatSize } from '@berth/common/size.ts';
import type { FreezeAnswer } from '../jobs/freeze.ts';
import type { PurgeAnswer } from '../jobs/purge.ts';
import { removedWords } from '../jobs/review-findings.ts';
import { localTime } from './local-time.ts';

type Counted = PurgeAnswer['purged'];

const paint = (format: 'red' | 'yellow' | 'bold', text: string): string =>
  styleText(format, text, { stream: process.stdout });

interface Shown {
  readonly source: string;
  readonly dryRun: boolean;
  readonly protectMs: Millis;
  /** What comes after a command where the data is not where it usually is, or nothing. */
  readonly data: string;
  readonly clockTrusted: boolean;
}

/** What a purge did or would do, as a person reads it. */
export const purgeText = ({ purged, frozen, due, waiting }: PurgeAnswer, shown: Shown): string => {
  const { source, dryRun, protectMs, data, clockTrusted } = shown;
  const stays = frozen !== null || dryRun || due.objects > 0;
  return lines([
    ...(frozen === null ? [] : [...freezeLines(frozen, source, data), '']),
    ...(dryRun || frozen !== null ? [] : [`purged     ${counted(purged)}: gone for good`]),
    ...(stays ? [`due        ${counted(due)}${dueNote(frozen !== null, dryRun)}`] : []),
    `protected  ${counted(waiting)}${waiting.oldestDueAt === null ? '' : `; the first is due ${localTime(Date.parse(waiting.oldestDueAt))}`}`,
    `           what ${source} deletes stays for ${formatDuration(protectMs)}`,
    ...(waiting.undated === 0
      ? []
      : [
          paint('yellow', `undated    ${waiting.undated} of them were deleted while the clock of the server was wrong`),
          '           they stay until an admin confirms the time: berth-server clock --confirm',
        ]),
    ...(clockTrusted ? [] : [paint('yellow', 'clock      NOT TRUSTED: nothing is purged; see berth-server clock')]),
  ]);
};

/** Why a source is frozen, and the two ways on. */
export const freezeLines = (freeze: FreezeAnswer, source: string, data: string): readonly string[] => {
  const { what, share, removed, since, from, to } = freeze;
  return [
    paint('red', `FROZEN     since ${time(since)}: nothing of its trash is purged`),
    `deleted    ${Math.floor(share * 100)}% of its ${what} within a day: ${removedWords(removed)}`,
    `           from ${time(from.at)} to ${time(to.at)}`,
    `not meant  berth-server rewind ${source} --to ${from.seq}${data} --dry-run   # as it was just before`,
    `meant      berth-server release ${source}${data}`,
  ];
};

/** So many objects, and their size. */
export const counted = ({ objects, bytes }: Counted): string =>
  objects === 0 ? 'nothing' : `${objects} ${objects === 1 ? 'object' : 'objects'}, ${formatSize(bytes)}`;

const dueNote = (isFrozen: boolean, dryRun: boolean): string => {
  if (isFrozen) return ' past its protection: stays while the source is frozen';
  return dryRun ? ' past its protection: a purge removes it for good' : ' past its protection is left: it was stopped';
};

const time = (instant: string): string => localTime(Date.parse(instant));

const lines = (those: readonly string[]): string => `${those.join('\n')}\n`;
