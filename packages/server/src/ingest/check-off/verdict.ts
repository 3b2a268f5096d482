import { z } from 'zod';

/** Why a file had better stay on the phone for now; `safe` where it may go. */
export const verdicts = [
  'safe',
  'young',
  'no-snapshot',
  'not-in-snapshot',
  'changed-since-snapshot',
  'not-mirrored',
  'mirror-differs',
  'changing',
  'unreadable',
] as const;
export type Verdict = (typeof verdicts)[number];

/** What the newest snapshot holds of a file. */
export interface Kept {
  readonly size: number;
  /** UTC, whole milliseconds. */
  readonly mtimeMs: number;
}

/** A file in the phone's folder. */
export interface OnPhone extends Kept {}

/**
 * What can be said before a byte is read: whether the file is old enough to be asked about, and whether the snapshot (null where there is
 * none) holds it as it is now, by its path, size and time. `before` is null where every age counts. Null: the mirror has to be looked at.
 */
export const verdictBeforeReading = (
  file: OnPhone,
  kept: Kept | undefined | null,
  before: number | null,
): Exclude<Verdict, 'safe'> | null => {
  if (before !== null && file.mtimeMs >= before) return 'young';
  if (kept === null) return 'no-snapshot';
  if (kept === undefined) return 'not-in-snapshot';
  return kept.size === file.size && kept.mtimeMs === file.mtimeMs ? null : 'changed-since-snapshot';
};

/** So many files of one verdict, and the first few of them. */
export const countedSchema = z.object({
  why: z.enum(verdicts),
  files: z.int(),
  bytes: z.number(),
  /** Paths below the phone's folder; foreign text. */
  examples: z.array(z.string()),
});

/** Adds files up by verdict, in the order of `verdicts`. */
export class Tally {
  readonly #counts = new Map<Verdict, { files: number; bytes: number; examples: string[] }>();

  add(why: Verdict, bytes: number, path: string): void {
    const count = this.#counts.get(why) ?? { files: 0, bytes: 0, examples: [] };
    this.#counts.set(why, count);
    count.files += 1;
    count.bytes += bytes;
    if (count.examples.length < mostExamples) count.examples.push(path);
  }

  counted(): z.output<typeof countedSchema>[] {
    return verdicts.flatMap((why) => {
      const count = this.#counts.get(why);
      return count === undefined ? [] : [{ why, ...count }];
    });
  }
}

const mostExamples = 5;
