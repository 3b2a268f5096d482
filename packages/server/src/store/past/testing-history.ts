import { createHash } from 'node:crypto';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { nodeDisk } from '../disk.ts';
import { folderSync } from '../folder-sync.ts';
import type { Placed } from '../journal-read.ts';
import { layoutOf, livePath, quarantinePath, trashPath } from '../layout.ts';
import { perform } from '../moves.ts';
import { config, type ObjectId } from '../object.ts';
import { type Change, formatRecord, isChange, isClockMark, type JournalRecord, type Mark } from '../record.ts';
import { parseMonth, placeOf, type Seq } from '../seq.ts';
import { objectOf } from '../testing.ts';
import { keyOf } from './fold.ts';

/** One thing that is tried: nothing comes of it where there is nothing to do it to. */
export interface Act {
  readonly op: JournalRecord['op'];
  /** Chooses among what it can be done to. */
  readonly pick: number;
  /** What the server's clock says, milliseconds. */
  readonly at: number;
}

/** Histories of a source, under clocks that go back and forth. */
export const acts = (maxLength = 40): fc.Arbitrary<readonly Act[]> =>
  fc.array(
    fc.record({
      op: fc.oneof(
        { weight: 5, arbitrary: fc.constant('put' as const) },
        { weight: 4, arbitrary: fc.constant('trash' as const) },
        { weight: 2, arbitrary: fc.constant('restore' as const) },
        { weight: 3, arbitrary: fc.constantFrom('purge', 'quarantine', 'lost', 'clock', 'settled', 'release') },
      ),
      pick: fc.nat(99),
      at: fc.integer({ min: 0, max: 30 }),
    }),
    { maxLength },
  );

/** A file of the model. A name says what is in it, but for `config`. */
export interface Copy {
  readonly id: ObjectId;
  readonly text: string;
}

/** A model of a source: what its journal says, and what is where. */
export interface History {
  readonly placed: readonly Placed[];
  /** What was live before each record, by `keyOf`, and at last what is live now. */
  readonly states: readonly ReadonlyMap<string, Copy>[];
  readonly live: ReadonlyMap<string, Copy>;
  readonly trash: ReadonlyMap<Seq, Copy>;
  /** Writes the record, and makes it true. */
  readonly act: (act: Act) => Promise<void>;
  /** Writes the record alone. */
  readonly record: (act: Act) => Promise<void>;
}

const texts = ['a', 'bb', 'ccc', 'dddd'] as const;
const named: readonly Copy[] = [
  ...texts.map((text): Copy => ({ id: objectOf(text).id, text })),
  { id: objectOf('s', 'snapshots').id, text: 's' },
];
/** So many records stand in the first month's journal. */
const inFirstMonth = 12;

/**
 * For tests: a history in the source directory `directory`, with small files, none of them synced. The records at
 * `unmoved` are written and not made true.
 */
export const beginHistory = (directory: string, unmoved: ReadonlySet<Seq> = new Set()): History => {
  const layout = layoutOf(directory);
  const folders = folderSync(nodeDisk);
  const placed: Placed[] = [];
  const live = new Map<string, Copy>();
  const trash = new Map<Seq, Copy>();
  const states: ReadonlyMap<string, Copy>[] = [new Map()];
  const offsets = new Map<string, number>();
  let configs = 0;

  const nextPut = (pick: number): Copy | undefined => {
    const absent = named.filter(({ id }) => !live.has(keyOf(id)));
    if (live.has(keyOf(config))) return at(absent, pick);
    configs += 1;
    return at([...absent, { id: config, text: `config ${configs}` }], pick);
  };
  const changeFor = ({ op, pick }: Act): Change | Mark | null => {
    if (op === 'clock' || op === 'settled' || op === 'release') return { op };
    if (op === 'put') {
      const copy = nextPut(pick);
      if (copy === undefined) return null;
      live.set(keyOf(copy.id), copy);
      return { op, id: copy.id, size: copy.text.length, sha256: copy.id.type === 'config' ? sha256(copy.text) : null };
    }
    if (op === 'trash') {
      const copy = at([...live.values()], pick);
      return copy === undefined ? null : { op, id: copy.id, size: copy.text.length };
    }
    const ofLive = (op === 'quarantine' || op === 'lost') && pick % 2 === 0;
    if (ofLive) {
      const copy = at([...live.values()], pick >> 1);
      return copy === undefined ? null : { op, id: copy.id, size: copy.text.length, of: null };
    }
    // What is live is not restored: a rewind takes another config away first.
    const copies = [...trash].filter(([, { id }]) => op !== 'restore' || !live.has(keyOf(id)));
    const found = at(copies, pick >> 1);
    if (found === undefined) return null;
    const [of, { id, text }] = found;
    return { op, id, size: text.length, of };
  };
  const follow = (seq: Seq, what: Change): void => {
    const key = keyOf(what.id);
    if (what.op === 'put') return;
    const of = 'of' in what ? what.of : null;
    const copy = of === null ? live.get(key) : trash.get(of);
    if (of === null) live.delete(key);
    else trash.delete(of);
    if (copy === undefined) throw new Error('the model does nothing to what is not there');
    if (what.op === 'trash') trash.set(seq, copy);
    if (what.op === 'restore') live.set(key, copy);
  };

  const write = async (wanted: Act, isMoved: boolean): Promise<void> => {
    const what = changeFor(wanted);
    if (what === null) return;
    const record: JournalRecord = { ...what, at: wanted.at };
    const line = formatRecord(record);
    const month = parseMonth(placed.length < inFirstMonth ? '2026-10' : '2026-11');
    if (month === null) throw new Error('these are months');
    const seq = placeOf(month, offsets.get(month) ?? 0);
    offsets.set(month, (offsets.get(month) ?? 0) + line.length + 1);
    if (record.op === 'put') {
      const path = livePath(layout, record.id);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, live.get(keyOf(record.id))?.text ?? '');
    }
    await appendFile(join(layout.journal, `${month}.jsonl`), `${line}\n`);
    placed.push({ seq, record, line });
    if (isChange(record)) {
      follow(seq, record);
      for (const path of [trashPath(layout, record.id, seq), quarantinePath(layout, record.id, seq)]) {
        await mkdir(dirname(path), { recursive: true });
      }
      if (record.op === 'lost') {
        await rm(record.of === null ? livePath(layout, record.id) : trashPath(layout, record.id, record.of));
      }
      if (isMoved && !unmoved.has(seq)) await perform({ disk: nodeDisk, folders, layout }, seq, record);
    }
    states.push(new Map(live));
  };
  return {
    placed,
    states,
    live,
    trash,
    act: (wanted) => write(wanted, true),
    record: (wanted) => write(wanted, false),
  };
};

/** The same bytes may be in another file: what a view can still serve of what was live in `state`. */
export const servable = ({ live, trash }: History, state: ReadonlyMap<string, Copy>): ReadonlyMap<string, string> => {
  const there = new Set([...live.values(), ...trash.values()].map(({ id, text }) => `${keyOf(id)} ${text}`));
  return new Map([...state].flatMap(([key, { text }]) => (there.has(`${key} ${text}`) ? [[key, text] as const] : [])));
};

/**
 * When each record was written, by the definition: no earlier than any since the last confirmation of the clock, which
 * is one of them, and no later than any confirmation behind it.
 */
export const writtenAt = (placed: readonly Pick<Placed, 'record'>[]): readonly number[] =>
  placed.map((_, index) => {
    const clocks = placed.flatMap(({ record }, place) => (isClockMark(record) ? [{ place, at: record.at }] : []));
    const since = clocks.findLast(({ place }) => place <= index)?.place ?? 0;
    const latest = Math.max(...placed.slice(since, index + 1).map(({ record }) => record.at));
    return Math.min(latest, ...clocks.filter(({ place }) => place > index).map(({ at: limit }) => limit));
  });

const at = <Item>(items: readonly Item[], pick: number): Item | undefined => items[pick % Math.max(1, items.length)];
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
