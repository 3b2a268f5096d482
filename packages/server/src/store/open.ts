import { livePath } from './layout.ts';
import type { NamedType, ObjectId } from './object.ts';
import { type OpenArguments, openContext } from './open-context.ts';
import { type PutResult, put } from './put.ts';
import { type Listed, listObjects, type OpenObject, openObject } from './read.ts';
import { trash } from './trash.ts';
import type { Usage } from './usage.ts';

/** What can be read of a source: as it is now (`Store`), or as it was (view.ts). Errors that are thrown are the disk's. */
export interface Reading {
  readonly open: (id: ObjectId) => Promise<OpenObject | null>;
  /** Bytes, or null when there is no such object. */
  readonly size: (id: ObjectId) => Promise<number | null>;
  /** The objects of a type, in parts. */
  readonly list: (type: NamedType) => AsyncIterable<readonly Listed[]>;
}

/**
 * A source's objects. What is acknowledged is on disk; nothing is overwritten; what is deleted goes to the trash.
 * Several stores of one source may be open at once, in as many processes. Errors that are thrown are the disk's.
 */
export interface Store extends Reading, AsyncDisposable {
  /** Stores `body` as `id`; `expectedBytes` is what the sender announced, or null when it announced nothing. */
  readonly put: (id: ObjectId, body: AsyncIterable<Uint8Array>, expectedBytes: number | null) => Promise<PutResult>;
  /** Moves an object to the trash; deleting what is not there is no error, since a retried delete must succeed. */
  readonly trash: (id: ObjectId) => Promise<'trashed' | 'absent'>;
  /** Usage up to the last record any session wrote. */
  readonly usage: () => Promise<Usage>;
  /** Ends the session's part: makes moves durable, keeps the usage for the next start. Closing twice is closing once. */
  readonly close: () => Promise<void>;
}

/** Opens the store in `directory`, after finishing what a crash left half done. Throws as `openContext` does. */
export const openStore = async (args: OpenArguments): Promise<Store> => {
  const { context, close } = await openContext({ ...args, presence: 'shared' });
  const { disk, layout, journal } = context;
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
      return context.usage();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};
