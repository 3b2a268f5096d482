import type { ObjectId } from '../object.ts';
import type { Change } from '../record.ts';
import type { Seq } from '../seq.ts';

/**
 * What `fsck` can find. A code never changes its meaning. `kind`: `repair` is what `--repair` mends, `admin` what needs a
 * person, `note` what harms nothing and stays as it is.
 */
export const findingCodes = {
  unmoved: {
    kind: 'repair',
    means: 'the journal says that a file was moved or removed, and it was not: a power cut undid it',
    repair: 'the move is made',
  },
  unrecorded: {
    kind: 'repair',
    means: 'a live object that the journal does not know: its upload was never acknowledged, or the journal lost it',
    repair: 'recorded if its bytes are its name, else put in quarantine',
  },
  'unrecorded-trash': {
    kind: 'repair',
    means: 'a file in the trash that the journal does not know',
    repair:
      'recorded as deleted now, so that it stays for the whole time of protection; in quarantine if it is damaged',
  },
  missing: {
    kind: 'repair',
    means: 'a live object whose file is gone, and berth did not remove it',
    repair: 'brought back from the trash where a sound copy is there, else recorded as lost',
  },
  'missing-trash': {
    kind: 'repair',
    means: 'a deleted object whose file is gone from the trash, and berth did not remove it',
    repair: 'the file is taken where it lies under another number, else recorded as lost',
  },
  'wrong-size': {
    kind: 'repair',
    means: 'a file of another size than its record',
    repair: 'hashed: put in quarantine if it is damaged, else recorded anew',
  },
  'bad-bytes': {
    kind: 'repair',
    means: 'a file whose bytes are not the ones that were stored',
    repair: 'put in quarantine; the next backup or replica that offers the right bytes brings it back',
  },
  checkpoint: {
    kind: 'repair',
    means: 'the kept count of bytes and objects is missing, or not what the journal amounts to',
    repair: 'counted anew',
  },
  leftover: {
    kind: 'repair',
    means: 'what a session that is dead had not finished uploading',
    repair: 'removed: it was never part of the repository',
  },
  mode: {
    kind: 'repair',
    means: 'a file or folder that others may open, or its owner may not',
    repair: 'its mode is set to what berth makes: 0600 for files, 0700 for folders',
  },
  owner: {
    kind: 'admin',
    means: 'a file or folder that belongs to another UID',
    repair: 'left: see the command below',
  },
  'in-the-way': {
    kind: 'admin',
    means: 'something else than a file or folder where berth keeps one: a link, a device',
    repair: 'left: look at it and move it away',
  },
  unreadable: {
    kind: 'admin',
    means: 'a folder or file that can not be looked at',
    repair: 'left: look at its owner and mode, and at the disk',
  },
  'unreadable-journal': {
    kind: 'admin',
    means: 'a month of the journal that can not be read: what lies on the disk can not be judged without it',
    repair: 'left: look at the disk, or put the file back from a replica',
  },
  'unrecorded-quarantine': {
    kind: 'note',
    means: 'a file in quarantine that the journal does not know',
    repair: 'left: nothing is served from there',
  },
  rubbish: {
    kind: 'note',
    means: 'lines of the journal that are no records: what a power cut tore, or a disk damaged',
    repair: 'left: a journal is never rewritten; what they said about files shows in the lines above',
  },
  torn: {
    kind: 'note',
    means: 'a last line of the journal without its end: what a power cut leaves',
    repair: 'left: the next record begins a line of its own',
  },
  future: {
    kind: 'note',
    means: 'the newest month of the journal is not yet: the clock was once ahead',
    repair: 'left: records go on in that month, and their order stays right; see berth-server clock',
  },
  foreign: { kind: 'note', means: 'a name that berth does not make', repair: 'left, and never opened' },
  linked: {
    kind: 'note',
    means: 'a file with a second name elsewhere: whoever can write that one can change it',
    repair: 'left',
  },
} as const satisfies Record<string, { readonly kind: FindingKind; readonly means: string; readonly repair: string }>;

export type FindingKind = 'repair' | 'admin' | 'note';
export type FindingCode = keyof typeof findingCodes;

/** How a finding is mended: data, which repair.ts acts on. */
export type Mend =
  /** Follow a record whose move did not happen. */
  | { readonly do: 'perform'; readonly seq: Seq; readonly change: Change }
  /** Record a live file that no record is about. */
  | { readonly do: 'record-live'; readonly id: ObjectId; readonly size: number }
  /** Record the file of the trash that lies under the place `from`. */
  | { readonly do: 'record-trash'; readonly id: ObjectId; readonly from: Seq }
  /** The trash's file under `from` is the one that the record at `to` is about. */
  | { readonly do: 'rename-trash'; readonly id: ObjectId; readonly from: Seq; readonly to: Seq }
  /** Bring a live object back from one of these copies in the trash, the best first; it is lost when none is sound. */
  | { readonly do: 'restore'; readonly id: ObjectId; readonly copies: readonly Seq[] }
  /** The copy in the trash under `of` is gone. */
  | { readonly do: 'lose-trash'; readonly id: ObjectId; readonly of: Seq }
  /** Hash the file and act on what it is; `of` is the trash's, or null for the live one. */
  | { readonly do: 'examine'; readonly id: ObjectId; readonly of: Seq | null }
  | { readonly do: 'mode'; readonly path: string };

/** One thing that is not as the journal says. */
export interface Finding {
  readonly code: FindingCode;
  /** What it is about: a path from the source's directory on, or a place in the journal. */
  readonly name: string;
  /** More for people; may be empty. */
  readonly detail: string;
  /** Null where nothing is to be done, or opening the store exclusively does it. */
  readonly mend: Mend | null;
}
