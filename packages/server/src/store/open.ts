import { join } from 'node:path';
import type { Context, Quota } from './context.ts';
import type { Disk } from './disk.ts';
import { folderSync } from './folder-sync.ts';
import { openJournal } from './journal.ts';
import { layoutOf, livePath } from './layout.ts';
import type { NamedType, ObjectId } from './object.ts';
import { prepare } from './prepare.ts';
import { type PutResult, put } from './put.ts';
import { type Listed, listObjects, type OpenObject, openObject } from './read.ts';
import { openDeletions, repeatDeletions } from './recover.ts';
import { serial } from './serial.ts';
import { type IsAlive, register } from './sessions.ts';
import { trash } from './trash.ts';
import { countRecord, type Usage, writeCheckpoint } from './usage.ts';
import { trustedCheckpoint } from './usage-read.ts';

/**
 * A source's objects. What is acknowledged is on disk; nothing is overwritten; what is deleted goes to the trash.
 * Several stores of one source may be open at once, in as many processes. Errors that are thrown are the disk's.
 */
export interface Store extends AsyncDisposable {
  /** Stores `body` as `id`; `expectedBytes` is what the sender announced, or null when it announced nothing. */
  readonly put: (id: ObjectId, body: AsyncIterable<Uint8Array>, expectedBytes: number | null) => Promise<PutResult>;
  /** Moves an object to the trash; deleting what is not there is no error, since a retried delete must succeed. */
  readonly trash: (id: ObjectId) => Promise<'trashed' | 'absent'>;
  readonly open: (id: ObjectId) => Promise<OpenObject | null>;
  /** Bytes, or null when there is no such object. */
  readonly size: (id: ObjectId) => Promise<number | null>;
  /** The live objects of a type, in parts. */
  readonly list: (type: NamedType) => AsyncIterable<readonly Listed[]>;
  /** Usage up to the last record any session wrote. */
  readonly usage: () => Promise<Usage>;
  /** Ends the session's part: makes moves durable, keeps the usage for the next start. Closing twice is closing once. */
  readonly close: () => Promise<void>;
}

/** Opens the store in `directory`, after finishing what a crash left half done. */
export const openStore = async (args: {
  readonly directory: string;
  readonly disk: Disk;
  readonly now: () => Date;
  readonly pid: number;
  readonly isAlive: IsAlive;
  /** Bytes that live objects and trash may occupy together, or null for no limit. */
  readonly quotaBytes: number | null;
}): Promise<Store> => {
  const { disk, now } = args;
  const layout = layoutOf(args.directory);
  await prepare(disk, layout);
  const session = await register(disk, layout.incoming, args.pid, args.isAlive);
  const folders = folderSync(disk);
  const deletions = openDeletions();

  const checkpoint = await trustedCheckpoint(disk, layout.journal);
  let usage = checkpoint.usage;
  const journal = await openJournal({
    folder: layout.journal,
    disk,
    now,
    from: checkpoint.seq,
    onRecord: ({ seq, record }) => {
      usage = countRecord(usage, record);
      deletions.note(seq, record);
    },
  });
  if (await session.isAlone()) await repeatDeletions(disk, folders, layout, deletions);
  deletions.forget();

  let temporaries = 0;
  const temporary = (): string => {
    temporaries += 1;
    return join(session.folder, String(temporaries));
  };

  const context: Context = {
    layout,
    disk,
    journal,
    folders,
    serial: serial(),
    temporary,
    usage: () => usage,
    record: (op, id, size) => journal.append({ at: now().getTime(), op, id, size }),
    quota: quotaOf(args.quotaBytes, () => usage),
  };

  const finish = async (): Promise<void> => {
    try {
      await folders.settle();
      await journal.catchUp();
      if (await session.isAlone()) {
        await writeCheckpoint(disk, layout.journal, temporary(), { seq: journal.seen(), usage });
      }
    } finally {
      await journal.close();
      await session.end();
    }
  };
  let finished: Promise<void> | null = null;
  const close = (): Promise<void> => {
    finished ??= finish();
    return finished;
  };

  return {
    put: async (id, body, expectedBytes) => {
      if (args.quotaBytes !== null) await journal.catchUp();
      return put(context, id, body, expectedBytes);
    },
    trash: (id) => trash(context, id),
    open: (id) => openObject(disk, layout, id),
    size: (id) => disk.size(livePath(layout, id)),
    list: (type) => listObjects(disk, layout, type),
    usage: async () => {
      await journal.catchUp();
      return usage;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

const quotaOf = (quotaBytes: number | null, usage: () => Usage): Quota => {
  let reserved = 0;
  return {
    reserve: (bytes) => {
      const { live, trash: trashed } = usage();
      if (quotaBytes !== null && live.bytes + trashed.bytes + reserved + bytes > quotaBytes) return false;
      reserved += bytes;
      return true;
    },
    release: (bytes) => {
      reserved -= bytes;
    },
  };
};
