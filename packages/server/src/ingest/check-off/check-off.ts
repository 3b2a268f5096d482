import { z } from 'zod';
import type { MirrorDisk } from '../mirror/disk.ts';
import { mirrorArgumentsSchema } from '../mirror/pass.ts';
import { fromText, type Raw, toText } from '../mirror/raw.ts';
import { type Sight, scan } from '../mirror/scan.ts';
import { breathe, Unsettled } from '../mirror/source.ts';
import { wantedOf } from '../mirror/wanted.ts';
import { type Listing, readListing } from './listing.ts';
import { compared } from './same.ts';
import { countedSchema, Tally, type Verdict, verdictBeforeReading } from './verdict.ts';

/** What is asked: about what the mirror is to hold, and is as old as that. */
export const checkOffArgumentsSchema = z.object({
  mirror: mirrorArgumentsSchema,
  /** Only what was last changed before, UTC milliseconds; null for all. */
  before: z.number().nullable(),
});
export type CheckOffArguments = z.output<typeof checkOffArgumentsSchema>;

export const checkOffResultSchema = z.object({
  /** The one that was looked into; null where there is none, or its list could not be had. */
  snapshot: z.object({ id: z.string(), at: z.string() }).nullable(),
  counted: z.array(countedSchema),
  /** Folders or files that could not be looked at: what they hold was not asked about. */
  unlisted: z.int(),
  /** False when it was told to end before it had looked at everything. */
  isComplete: z.boolean(),
});
export type CheckOffResult = z.output<typeof checkOffResultSchema>;

/** How far it is, and the files that were found safe since the last time it said so; paths are foreign text. */
export const checkOffProgressSchema = z.object({ files: z.int(), bytes: z.number(), safe: z.array(z.string()) });
export type CheckOffProgress = z.output<typeof checkOffProgressSchema>;

export interface CheckOffWorld {
  readonly disk: MirrorDisk;
  /** Where the mirror has a file of the phone's, from the mirror's top on; null where its index has none. */
  readonly copyOf: (path: Raw) => Raw | null;
  /** The newest snapshot: lines of listing.ts. */
  readonly told: AsyncIterable<unknown>;
  readonly progress: (value: CheckOffProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * Asks of every file that the mirror is to hold whether it may be deleted on the phone: it stands in the newest snapshot by path, size and
 * time, and the mirror's copy is the same byte for byte. Changes nothing. What can not be answered is not safe.
 */
export const checkOff = async (args: CheckOffArguments, world: CheckOffWorld): Promise<CheckOffResult> => {
  const listing = await readListing(world.told);
  const tally = new Tally();
  let [files, bytes, unlisted] = [0, 0, 0];
  let safe: string[] = [];
  const tell = (): void => {
    world.progress({ files, bytes, safe });
    safe = [];
  };
  for (const sight of scan(world.disk, fromText(args.mirror.ingest), wantedOf(args.mirror))) {
    if (sight.kind === 'unlisted') unlisted += 1;
    if (sight.kind !== 'file') continue;
    // A signal is only heard between two files.
    await breathe();
    if (world.signal.aborted) break;
    const why = verdictOf(sight, listing, args, world);
    const [size, path] = [Number(sight.stat.size), toText(sight.path)];
    tally.add(why, size, path);
    files += 1;
    bytes += size;
    if (why === 'safe') safe.push(path);
    if (files % portion === 0 || size > largeBytes) tell();
  }
  tell();
  const snapshot = listing === null ? null : { id: listing.id, at: listing.at };
  return { snapshot, counted: tally.counted(), unlisted, isComplete: !world.signal.aborted };
};

/** So many files are told of at once, and a large one by itself: it took its time. */
const portion = 200;
const largeBytes = 64 * 1024 ** 2;

const verdictOf = (
  { path, stat }: Sight & { readonly kind: 'file' },
  listing: Listing | null,
  { mirror, before }: CheckOffArguments,
  { disk, copyOf }: CheckOffWorld,
): Verdict => {
  const file = { size: Number(stat.size), mtimeMs: Number(stat.mtimeNs / 1_000_000n) };
  const early = verdictBeforeReading(file, listing === null ? null : listing.files.get(path), before);
  if (early !== null) return early;
  const copy = copyOf(path);
  if (copy === null) return 'not-mirrored';
  try {
    return compared(disk, { ingest: fromText(mirror.ingest), path, stat }, { target: mirror.target, place: copy });
  } catch (error) {
    return error instanceof Unsettled ? 'changing' : 'unreadable';
  }
};
