import { styleText } from 'node:util';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { BadFile, ScrubJobResult } from '../jobs/scrub.ts';

/** For a terminal that wants colours: `styleText` looks at the stream and at NO_COLOR itself. */
const paint = (format: 'green' | 'red' | 'yellow', text: string): string =>
  styleText(format, text, { stream: process.stdout });

/** What a scrub found, as a person reads it. */
export const scrubText = (
  result: ScrubJobResult,
  { source, all, advice }: { readonly source: string; readonly all: boolean; readonly advice: readonly string[] },
): string => {
  const { checked, bytes, bad, cycle, notes } = result;
  const verdict = cycle.bad > bad.length ? `${cycle.bad} bad since ${day(cycle.startedAt)}` : `${bad.length} bad`;
  const good = bad.length === 0 ? paint('green', 'all good') : paint('red', verdict);
  const first =
    checked === 0 && cycle.endedAt === null && result.stopped === null
      ? `${source}: what is due today has been checked before; everything at once: berth-server scrub ${source} --all`
      : `${source}: ${count(checked)}, ${size(bytes)} read: ${good}`;
  const gap = advice.length > 0 ? [''] : [];
  return [first, ...bad.map(badLine), ...endOf(result, all), ...notes, ...gap, ...advice]
    .map((line) => `${line}\n`)
    .join('');
};

const endOf = ({ cycle, stopped }: ScrubJobResult, all: boolean): readonly string[] => {
  const since = `since ${day(cycle.startedAt)}: ${count(cycle.objects)}, ${size(cycle.bytes)}`;
  if (stopped === 'failing-disk') {
    return [
      paint('red', 'Stopped: one object after another can not be read. That is the disk, its cable or its controller.'),
      'Nothing more was touched. Look at dmesg and smartctl before anything else, and scrub again when the disk is well.',
    ];
  }
  if (stopped === 'signal') return [`stopped; checked ${since}. The next scrub goes on from there.`];
  if (cycle.endedAt === null) return [`checked ${since}; the rest is still to come`];
  return all ? [] : [`with this, everything was checked ${since}`];
};

const badLine = ({ type, name, where, reason, quarantined, restoredFromTrash }: BadFile): string => {
  const object = `${where === 'trash' ? 'trash/' : ''}${type}${type === 'config' ? '' : `/${name}`}`;
  const left = quarantined ? 'in quarantine' : 'left where it is: it could not be moved';
  const now = restoredFromTrash ? `${left}; a good copy from the trash is in its place` : left;
  return `${paint('red', 'BAD')}  ${object}  ${reasonText(reason)}; ${now}`;
};

const reasonText = (reason: string): string => {
  if (reason === 'hash') return 'its bytes have changed';
  return reason === 'size' ? 'it has another size than it was stored with' : `it can not be read (${reason})`;
};

/** What to do about what was found, most pressing first, each thing once. Nothing for what is put right already. */
export const scrubAdvice = (bad: readonly BadFile[], source: string): readonly string[] => {
  const open = bad.filter(({ restoredFromTrash }) => !restoredFromTrash);
  if (open.length === 0) return bad.length === 0 ? [] : ['Nothing to do: what was damaged is whole again.'];
  const live = new Set(open.filter(({ where }) => where === 'live').map(({ type }) => type));
  const lines = steps.filter(([type]) => live.has(type)).map(([, words]) => words);
  const trash = open.some(({ where }) => where === 'trash')
    ? ['In the trash: only a view of the past or a rewind to before its deletion would miss it.']
    : [];
  const left = open.some(({ quarantined }) => !quarantined)
    ? [`What was left where it is: mend the cause (the errno says it), then berth-server scrub ${source} --all.`]
    : [];
  return ['What to do, in this order (each step in docs/runbooks/bit-rot.md):', ...lines, ...trash, ...left];
};

const steps: readonly (readonly [BadFile['type'], string])[] = [
  ['config', 'config: nothing opens without it. Put it back from another copy of the repository.'],
  ['keys', 'keys: if it was the only one, nothing opens without it. Put it back from another copy of the repository.'],
  [
    'snapshots',
    'snapshots: it is not in the list any more. Put it back from another copy, or from the cache of the machine.',
  ],
  ['index', 'index: nothing is lost. On the machine: restic rebuild-index'],
  [
    'data',
    'data: parts of files. Put it back from another copy, or on the machine: restic rebuild-index, then berth backup',
  ],
  ['locks', 'locks: nothing to do, a lock is only a note that somebody was at work.'],
];

const count = (objects: number): string => `${objects} ${objects === 1 ? 'object' : 'objects'}`;
const size = (bytes: number): string => (isBytes(bytes) ? formatSize(bytes) : 'more than can be counted');
const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
