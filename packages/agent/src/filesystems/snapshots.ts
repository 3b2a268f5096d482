/** File systems as they were in one moment, for restic to read under their live paths. Disposing removes them. */
export interface Taken extends AsyncDisposable {
  /** Of the paths asked for, those that are read from a snapshot. */
  readonly covered: readonly string[];
  /** Those that are read live, and why. */
  readonly live: readonly { readonly path: string; readonly why: string }[];
  /** Program and arguments to put in front of restic: a mount namespace of its own in which the snapshots stand at the live paths. Empty when nothing is covered. */
  readonly prefix: readonly string[];
}

/**
 * Takes a snapshot of every file system below `paths` that can, all at one moment as near as may be; `keepLive` (berth's own folders) stays live. Each is
 * noted before it is made. Throws 'cancelled'; whatever else fails makes a path `live`.
 */
export type TakeSnapshots = (
  paths: readonly string[],
  keepLive: readonly string[],
  signal: AbortSignal,
) => Promise<Taken>;
