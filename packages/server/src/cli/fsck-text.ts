import { styleText } from 'node:util';
import type { FsckGroup, FsckResult } from '../jobs/fsck.ts';
import { table } from '../status/table.ts';
import { localTime } from './local-time.ts';

/** What the text names besides the result. */
export interface FsckWords {
  readonly source: string;
  /** Of the source, living while it was looked at. */
  readonly sessions: number;
  readonly directory: string;
  readonly commands: { readonly fsck: string; readonly chown: string | null };
}

const paint = (format: 'green' | 'red' | 'yellow' | 'bold', text: string): string =>
  styleText(format, text, { stream: process.stdout });

/** What `fsck` found and did, as a person reads it. */
export const fsckText = (result: FsckResult, words: FsckWords): string => {
  const { groups, objects, mended, earlier, repaired, verified } = result;
  const how = verified ? 'every byte hashed' : 'by name and size';
  return [
    `${paint('bold', words.source)}: ${objects} ${objects === 1 ? 'object' : 'objects'}, ${how}`,
    ...earlier.map(({ at, what }) => `at ${localTime(at)} a session had ${what.join('; ')}`),
    ...mended.map((what) => `now: ${what}`),
    ...(groups.length === 0 ? [] : ['', ...groupTable(groups, repaired), ...groups.flatMap(details)]),
    '',
    ...verdict(result, words),
    '',
  ].join('\n');
};

const groupTable = (groups: readonly FsckGroup[], repaired: boolean): readonly string[] => {
  const rows = [
    ['FINDING', 'FOUND', ...(repaired ? ['LEFT'] : []), ''],
    ...groups.map(({ code, kind, found, left }) => [
      code,
      String(found),
      ...(repaired ? [String(left)] : []),
      { repair: repaired && left === 0 ? 'repaired' : '--repair mends it', admin: 'look at it', note: 'a note' }[kind],
    ]),
  ];
  return table(rows);
};

const details = ({ code, means, repair, found, examples }: FsckGroup): readonly string[] => [
  '',
  `${code}: ${means}`,
  `  repair: ${repair}`,
  ...examples.map(({ name, detail }) => `  ${printable(name)}${detail === '' ? '' : ` (${printable(detail)})`}`),
  ...(found > examples.length ? [`  and ${found - examples.length} more`] : []),
];

/** Names in a source's folders may be made of anything: nothing of them reaches the terminal but what can be seen. */
const printable = (text: string): string =>
  text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`);

const verdict = (result: FsckResult, { sessions, commands, directory }: FsckWords): readonly string[] => {
  const { settled, repaired, groups } = result;
  const lost = groups.some(({ code }) => code === 'missing' || code === 'missing-trash' || code === 'bad-bytes');
  if (settled) {
    const mended = repaired && groups.some(({ kind }) => kind === 'repair');
    return [
      paint('green', mended ? 'repaired: journal and files agree' : 'clean: journal and files agree'),
      ...(mended && lost ? ['Objects were damaged or gone: run on the machine  berth check  and back up again.'] : []),
    ];
  }
  const busy = sessions > 0 ? [`A session lives: what it has under way may show above.`] : [];
  const admin = groups.some(({ kind, left }) => kind === 'admin' && left > 0);
  return [
    paint('red', 'not clean'),
    ...busy,
    ...(commands.chown === null ? [] : [`If these files are its own: ${commands.chown}`]),
    ...(admin
      ? [`Look at these first, in ${directory}; nothing is repaired before: then  ${commands.fsck} --repair`]
      : [`Next: ${commands.fsck} --repair`]),
  ];
};
