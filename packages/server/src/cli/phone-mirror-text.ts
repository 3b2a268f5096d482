import { printable } from '@berth/common/parsed.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { PassResult } from '../ingest/mirror/pass.ts';

/** What a pass of the mirror to `to` did, for whoever asked for it. */
export const mirrorText = (to: string, result: PassResult): string => {
  const { copied, copiedBytes, versions, newlyGone, files, bytes, unsettled, failed, unreadable, firstFailure } =
    result;
  const rest = [
    ...(versions > 0 ? [`${count(versions, 'older version')} kept in .versions`] : []),
    ...(newlyGone > 0 ? [`${count(newlyGone, 'file')} gone from the phone and kept`] : []),
    ...(unsettled > 0 ? [`${count(unsettled, 'file')} still being written: the next pass has them`] : []),
    ...(unreadable > 0 ? [`${count(unreadable, 'file')} could not be read`] : []),
    ...(failed > 0
      ? [`${count(failed, 'file')} failed: ${printable(firstFailure ?? 'for no reason that was said', 300)}`]
      : []),
    ...(result.outcome === 'done' ? [] : [`Stopped: ${endings[result.outcome]}.`]),
  ];
  return [
    `${copied === 0 ? 'Nothing new was copied' : `${count(copied, 'file')} copied (${size(copiedBytes)})`} to ${printable(to, 300)}.`,
    ...rest.map((line) => `  ${line}`),
    `${count(files, 'file')} in the mirror, ${size(bytes)}.`,
    '',
  ].join('\n');
};

/** Why a pass did not come to its end, without a full stop. */
export const endings: Readonly<Record<Exclude<PassResult['outcome'], 'done'>, string>> = {
  full: "the mirror's disk is full",
  'ingest-missing': "the phone's folder or its marker (.stfolder) is not there",
  'ingest-unreadable': "the phone's folder can not be read",
  'target-missing': "the mirror's folder is not there, or not the one it was",
  'target-unwritable': "nothing can be written in the mirror's folder",
  stopped: 'somebody stopped it',
};

const count = (number: number, what: string): string =>
  `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;

const size = (bytes: number): string => {
  const whole = Math.round(bytes);
  return isBytes(whole) ? formatSize(whole) : '-';
};
