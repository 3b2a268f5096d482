import type { Noted } from '../recover/things.ts';
import type { Exec } from '../services/exec.ts';
import type { Mount } from './mounts.ts';

/** What to remove again. */
export type SnapshotThing = Noted & { readonly kind: 'snapshot' };

/** What can be read instead of a live folder, in the mount namespace that restic gets. */
export type ReadFrom =
  /** A folder or file that stands there already. */
  | { readonly kind: 'bind'; readonly path: string }
  /** Something that is mounted first; `below` is the folder in it, with a slash in front, or empty. */
  | {
      readonly kind: 'mount';
      readonly type: string;
      readonly options: string;
      readonly device: string;
      readonly below: string;
    };

/** A snapshot that can be taken: several places may be read from one. */
export interface Planned {
  readonly thing: SnapshotThing;
  readonly take: (signal: AbortSignal) => Promise<void>;
}

/** A folder, and what is to stand in its place. */
export interface Place {
  readonly target: string;
  readonly from: ReadFrom;
  /** Null: from a file system that cannot change, or live. */
  readonly snapshot: SnapshotThing | null;
  /** Why it is read live; null where it is not. */
  readonly why: string | null;
}

/** How one kind of file system is kept. Each function may throw a Problem, and the path is read live then. */
export interface FileSystem {
  readonly types: readonly string[];
  /**
   * What is to stand at `target`, which lies in `mount`, and at whatever of the same file system lies below it without being a mount of its own.
   * Changes nothing.
   */
  readonly plan: (
    target: string,
    mount: Mount,
    about: { readonly exec: Exec; readonly suffix: string; readonly signal: AbortSignal },
  ) => Promise<{ readonly snapshots: readonly Planned[]; readonly places: readonly Place[] }>;
  /** Removes one; well where there is none. Throws 'not-removed'. */
  readonly remove: (name: string, exec: Exec, signal: AbortSignal) => Promise<void>;
}
