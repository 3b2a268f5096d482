import { printable } from '@berth/common/parsed.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { CheckOffResult } from '../ingest/check-off/check-off.ts';
import type { Verdict } from '../ingest/check-off/verdict.ts';
import { agoWords } from '../status/when.ts';

/** What `phone check-off` says: what may go, what may not and why, and what that was compared with. */
export const checkOffText = (
  name: string,
  { snapshot, counted, unlisted, isComplete }: CheckOffResult,
  nowMs: number,
): string => {
  const safe = counted.find(({ why }) => why === 'safe');
  const rest = counted.filter(({ why }) => why !== 'safe');
  return [
    safe === undefined
      ? 'Nothing may be deleted on the phone yet.'
      : `${filesWords(safe)} may be deleted on the phone.`,
    ...(rest.length === 0 ? [] : ['', 'Not yet:']),
    ...rest.flatMap(({ why, examples, ...amount }) => [
      `  ${filesWords(amount)}: ${reasons[why]}`,
      ...(why === 'young' ? [] : examples.map((path) => `    ${printable(path, 200)}`)),
    ]),
    ...(unlisted === 0
      ? []
      : ['', `${unlisted.toLocaleString('en')} folders or files could not be looked at; they were not counted.`]),
    ...(isComplete ? [] : ['', 'Stopped before everything was looked at.']),
    '',
    snapshot === null
      ? `There is no list of a snapshot of ${name}, and without one nothing is safe. Make one: berth-server phone backup ${name}`
      : `Compared: every byte of the phone's file with the mirror's; path, size and time with snapshot ${snapshot.id.slice(0, 8)} of ${agoWords(Date.parse(snapshot.at), nowMs)}.`,
    '',
  ].join('\n');
};

const reasons: Readonly<Record<Verdict, string>> = {
  safe: 'safe',
  young: 'changed more recently than that',
  'no-snapshot': 'there is no snapshot',
  'not-in-snapshot': 'not in the newest snapshot',
  'changed-since-snapshot': 'another size or time than in the newest snapshot',
  'not-mirrored': 'not in the mirror',
  'mirror-differs': 'the mirror has something else under its name',
  changing: 'being written just now',
  unreadable: 'could not be read',
};

const filesWords = ({ files, bytes }: { readonly files: number; readonly bytes: number }): string =>
  `${files.toLocaleString('en')} ${files === 1 ? 'file' : 'files'} (${isBytes(bytes) ? formatSize(bytes) : '-'})`;
