import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import type { Disk } from '../disk.ts';
import { isPlace, journalMonths, readJournal } from '../journal-read.ts';
import { keyOf } from '../past/fold.ts';
import { isChange } from '../record.ts';
import { beginning, type Month, monthOf, partsOf, placeOf, type Seq } from '../seq.ts';
import { type Checkpoint, readCheckpoint, type Usage } from '../usage.ts';
import type { Event, History } from './explain.ts';
import type { Finding, FindingCode } from './finding.ts';
import { type Tally, tally } from './tally.ts';

/** A source's journal, read to its end for `fsck`. */
export interface JournalCheck {
  readonly fold: Tally;
  readonly findings: readonly Finding[];
  /** The place after the last record. */
  readonly seen: Seq;
  /** False when a month could not be read: then the fold is empty and says nothing. */
  readonly readable: boolean;
}

/** Lines of a month that are named by their place; the others are counted. */
const placesShown = 5;

/** Reads the journal in `folder` and says what is wrong with it and with the checkpoint beside it. Touches nothing. */
export const checkJournal = async (disk: Disk, folder: string, now: Date): Promise<JournalCheck> => {
  const fold = tally();
  const months = await journalMonths(disk, folder);
  const unreadable: Finding[] = [];
  for (const month of months) {
    const reason = await whyUnreadable(disk, folder, month);
    if (reason !== null) unreadable.push(about('unreadable-journal', month, reason));
  }
  if (unreadable.length > 0) return { fold, findings: unreadable, seen: beginning, readable: false };

  const checkpoint = await readCheckpoint(disk, folder);
  let usageThere: Usage | null = null;
  const rubbish = new Map<Month, number[]>();
  const seen = await readJournal({
    disk,
    folder,
    from: beginning,
    visit: (placed) => {
      if (placed.seq >= checkpoint.seq) usageThere ??= fold.usage();
      fold.add(placed);
    },
    skipped: (seq, line) => {
      // What the journal strikes out where nothing of a line had been written.
      if (line === '#') return;
      const { month, offset } = partsOf(seq);
      rubbish.set(month, [...(rubbish.get(month) ?? []), offset]);
    },
  });
  const newest = months.at(-1);
  return {
    fold,
    seen,
    readable: true,
    findings: [
      ...(await checkpointFindings(disk, folder, checkpoint, usageThere ?? fold.usage(), seen)),
      ...[...rubbish].map(([month, offsets]) => about('rubbish', month, rubbishWords(offsets))),
      ...(await tornMonths(disk, folder, months)),
      ...(newest !== undefined && newest > monthOf(now) ? [about('future', newest, '')] : []),
    ],
  };
};

/** Every record about the objects `keys`. */
export const historyOf = async (disk: Disk, folder: string, keys: ReadonlySet<string>): Promise<History> => {
  const history = new Map<string, Event[]>();
  if (keys.size === 0) return history;
  await readJournal({
    disk,
    folder,
    from: beginning,
    visit: ({ seq, record }) => {
      if (!isChange(record)) return;
      const key = keyOf(record.id);
      if (!keys.has(key)) return;
      const { at: _, ...change } = record;
      const events = history.get(key);
      if (events === undefined) history.set(key, [{ seq, change }]);
      else events.push({ seq, change });
    },
  });
  return history;
};

const about = (code: FindingCode, month: Month, detail: string): Finding => ({
  code,
  name: `journal/${month}.jsonl`,
  detail,
  mend: null,
});

const rubbishWords = (offsets: readonly number[]): string => {
  const shown = offsets.slice(0, placesShown).join(', ');
  const more = offsets.length > placesShown ? ', …' : '';
  return `${offsets.length} ${offsets.length === 1 ? 'line' : 'lines'}, at byte ${shown}${more}`;
};

const whyUnreadable = async (disk: Disk, folder: string, month: Month): Promise<string | null> => {
  try {
    const file = await disk.openRead(join(folder, `${month}.jsonl`));
    try {
      await file.read(Buffer.alloc(1), 0, 1, 0);
    } finally {
      await file.close();
    }
    return null;
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EIO', 'EISDIR', 'ELOOP')) throw error;
    return error instanceof Error && 'code' in error ? String(error.code) : '';
  }
};

const tornMonths = async (disk: Disk, folder: string, months: readonly Month[]): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const month of months) {
    const size = (await disk.size(join(folder, `${month}.jsonl`))) ?? 0;
    if (!(await isPlace(disk, folder, placeOf(month, size)))) findings.push(about('torn', month, ''));
  }
  return findings;
};

const checkpointFindings = async (
  disk: Disk,
  folder: string,
  { seq, usage }: Checkpoint,
  counted: Usage,
  seen: Seq,
): Promise<readonly Finding[]> => {
  const finding = (detail: string): readonly Finding[] => [
    { code: 'checkpoint', name: 'journal/usage.json', detail, mend: null },
  ];
  if (seq === beginning) return seen === beginning ? [] : finding('missing, or no checkpoint');
  if (!(await isPlace(disk, folder, seq))) return finding('of another journal, or of the future');
  const same = (['live', 'trash'] as const).every(
    (part) => usage[part].bytes === counted[part].bytes && usage[part].objects === counted[part].objects,
  );
  return same ? [] : finding(`${words(usage)}; it amounts to ${words(counted)}`);
};

const words = ({ live, trash }: Usage): string =>
  `${live.objects} live objects of ${live.bytes} bytes and ${trash.objects} of ${trash.bytes} in the trash`;
