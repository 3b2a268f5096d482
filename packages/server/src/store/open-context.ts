import { join } from 'node:path';
import type { Context } from './context.ts';
import type { Disk } from './disk.ts';
import { folderSync } from './folder-sync.ts';
import { openJournal } from './journal.ts';
import { layoutOf } from './layout.ts';
import { reapLocks } from './locks.ts';
import { noteMended } from './mended.ts';
import { prepare } from './prepare.ts';
import { openMoves, repeatMoves } from './recover.ts';
import { roomOf } from './room.ts';
import { beginning } from './seq.ts';
import { serial } from './serial.ts';
import { type IsAlive, type Presence, register } from './sessions.ts';
import { countRecord, type Usage, writeCheckpoint } from './usage.ts';
import { trustedCheckpoint } from './usage-read.ts';

/** What opening a store takes. */
export interface OpenArguments {
  readonly directory: string;
  readonly disk: Disk;
  readonly now: () => Date;
  readonly pid: number;
  readonly isAlive: IsAlive;
  /** Bytes that live objects and trash may occupy together, or null for no limit. */
  readonly quotaBytes: number | null;
  /** Bytes that stay free on the disk whatever is sent, or null for the usual floor (room.ts). */
  readonly floorBytes: number | null;
}

/** A context and its end: makes moves durable, keeps the usage for the next start. Closing twice is closing once. */
export interface OpenContext extends AsyncDisposable {
  readonly context: Context;
  readonly close: () => Promise<void>;
  /** What had been left half done and is finished, in words; it stands beside the journal as well (mended.ts). */
  readonly mended: readonly string[];
  /** Puts a better count of all records so far in the place of ours: the next checkpoint will have it. */
  readonly recount: (usage: Usage) => void;
}

/**
 * Registers with the source in `directory`, finishes what a crash left half done, and opens its journal for writing.
 * Throws `source-busy` (sessions.ts) and the disk's errors.
 */
export const openContext = async (args: OpenArguments & { readonly presence: Presence }): Promise<OpenContext> => {
  const { disk, now, pid, isAlive, presence } = args;
  const room = { quotaBytes: args.quotaBytes, floorBytes: args.floorBytes };
  const layout = layoutOf(args.directory);
  await prepare(disk, layout);
  const session = await register({ disk, incoming: layout.incoming, pid, isAlive, presence });
  const folders = folderSync(disk);
  const moves = openMoves();

  const checkpoint = await trustedCheckpoint(disk, layout.journal);
  let usage = checkpoint.usage;
  let isOpening = true;
  const journal = await openJournal({
    folder: layout.journal,
    disk,
    now,
    from: checkpoint.seq,
    onRecord: ({ seq, record }) => {
      usage = countRecord(usage, record);
      if (isOpening) moves.note(seq, record);
    },
  });
  const isAlone = await session.isAlone();
  const repeated = isAlone ? await repeatMoves({ disk, folders, layout }, moves) : 0;
  moves.forget();
  isOpening = false;
  const isCountedAnew = isAlone && checkpoint.seq === beginning && journal.seen() !== beginning;
  const mended = [
    ...(repeated > 0 ? [`finished ${repeated} of the moves that its journal says were made`] : []),
    ...(isCountedAnew ? ['counted anew what it occupies: the last count was missing, or not of this journal'] : []),
    ...(session.removed > 0
      ? [`removed what ${session.removed} dead ${session.removed === 1 ? 'session' : 'sessions'} had not finished`]
      : []),
  ];
  await noteMended(disk, layout.journal, { at: now().getTime(), what: mended });

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
    record: (what) => journal.append({ ...what, at: now().getTime() }),
    room: roomOf({ disk, folder: layout.repo, ...room, usage: () => usage }),
    isAlone: session.isAlone,
  };

  await reapLocks(context, session.isAlone);

  const finish = async (): Promise<void> => {
    try {
      // Whoever was behind our locks has gone with us.
      await reapLocks(context, session.isAlone);
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
  const recount = (better: Usage): void => {
    usage = better;
  };
  return { context, close, mended, recount, [Symbol.asyncDispose]: close };
};
