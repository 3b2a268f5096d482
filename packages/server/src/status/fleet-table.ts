import { printable } from '@berth/common/parsed.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { Condition } from '../events/condition.ts';
import { phoneLine } from '../ingest/phone-words.ts';
import { forHowLong } from './age.ts';
import { paint } from './paint.ts';
import type { SourceStatus } from './status.ts';
import { table } from './table.ts';
import { agoWords, slotWords } from './when.ts';

/** The clock that a person reads times by. */
export interface Reader {
  /** UTC milliseconds. */
  readonly nowMs: number;
  /** The server's zone, an IANA name. */
  readonly timeZone: string;
}

/** Every source, one a line, in the order of sources.yaml; at most 100 columns for usual values. `-` is what is not known. */
export const fleetTable = (sources: readonly SourceStatus[], reader: Reader): readonly string[] => {
  const oldest = sources
    .map(({ stored }) => stored?.at ?? null)
    .filter((at) => at !== null)
    .sort()[0];
  return [
    ...table([
      ['SOURCE', 'STATE', 'SUCCESS', 'NEXT SLOT', 'TOOK', 'ADDED', 'SIZE', 'SNAPSHOTS', 'TRASH'],
      ...sources.map((source) => row(source, reader)),
    ]),
    ...(oldest === undefined
      ? []
      : [`Sizes are as the server's reviews found them, the oldest ${agoWords(Date.parse(oldest), reader.nowMs)}.`]),
  ];
};

/** What needs words, but for what is an open condition: why a source is not fine, and what is wrong with its store. */
export const fleetNotes = (
  sources: readonly SourceStatus[],
  conditions: readonly Pick<Condition, 'code' | 'source'>[],
): readonly string[] => {
  const said = new Set(conditions.filter(({ code }) => stateCodes.has(code)).map(({ source }) => source));
  return sources.flatMap(({ name, state, words, stored, sftp }) => [
    // That nothing has come yet is in the table already.
    ...(words === null || state === 'never' || said.has(name)
      ? []
      : [`${name} is ${statePaint(state)}: ${printable(words, 300)}`]),
    ...(stored?.frozen ? [`${name} is ${paint('red', 'FROZEN')}: nothing of its trash is purged`] : []),
    ...(stored !== null && stored.damaged > 0
      ? [`${name} is ${paint('red', 'DAMAGED')}: see berth-server status ${name}`]
      : []),
    ...(sftp?.readOnly ? [paint('red', `${name} is READ-ONLY: ${printable(sftp.readOnly, 300)}`)] : []),
  ]);
};

/** A line of each phone: what became of it within the day, and when it was seen. */
export const phoneNotes = (sources: readonly SourceStatus[], nowMs: number): readonly string[] =>
  sources.flatMap(({ name, ingest, phone }) => {
    const line = ingest === null ? null : phoneLine(ingest, phone, (atMs) => agoWords(atMs, nowMs));
    return line === null ? [] : [`${name}: ${line}.`];
  });

/** Conditions that a state is: `status` lists those anyway. */
const stateCodes: ReadonlySet<string> = new Set(['overdue', 'run-failing', 'storage-unreadable']);

/** A state in its colour: what is well, what to look at, what is wrong. */
export const statePaint = (state: SourceStatus['state']): string => paint(colours[state], state);

const colours = {
  fine: 'green',
  warned: 'yellow',
  never: 'yellow',
  failing: 'red',
  overdue: 'red',
  unreadable: 'red',
} as const;

const row = (source: SourceStatus, reader: Reader): readonly string[] => {
  const { name, state, lastSuccessAt, lastRun, stored, sftp } = source;
  return [
    name,
    statePaint(state),
    lastSuccessAt === null ? 'never' : agoWords(Date.parse(lastSuccessAt), reader.nowMs),
    slotCell(source, reader),
    lastRun === null ? '-' : forHowLong(lastRun.durationMs),
    sizeOf(lastRun?.bytesAdded ?? null),
    sizeOf(stored?.live.bytes ?? sftp?.usedBytes ?? null),
    numberOf(stored?.snapshots ?? lastRun?.snapshots ?? null),
    sizeOf(stored?.trash.bytes ?? null),
  ];
};

/** What it does now goes before when it will. */
const slotCell = ({ now, nextSlotAt }: SourceStatus, reader: Reader): string => {
  if (now.kind === 'running') return now.percent === null ? 'running' : `running ${Math.floor(now.percent)} %`;
  if (now.kind === 'waiting') return `waiting ${ordinal(now.position)}`;
  return nextSlotAt === null ? '-' : slotWords(Date.parse(nextSlotAt), reader.nowMs, reader.timeZone);
};

/** `1st`, `2nd`, `11th`. */
export const ordinal = (position: number): string => {
  const isTeen = position % 100 >= 11 && position % 100 <= 13;
  return `${position}${isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][position % 10] ?? 'th')}`;
};

/** A size for people; `-` where it is not known. */
export const sizeOf = (bytes: number | null): string => (bytes !== null && isBytes(bytes) ? formatSize(bytes) : '-');

const numberOf = (count: number | null): string => (count === null ? '-' : String(count));
