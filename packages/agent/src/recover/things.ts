/** Something that must not outlive the run that made it: a container that is stopped, a snapshot of a file system, a folder with a dump. */
export type Noted =
  | {
      readonly kind: 'container';
      readonly id: string;
      readonly name: string;
      readonly compose: { readonly project: string; readonly service: string; readonly number: string } | null;
      /** What was done to it; after `exec`, its label `berth.after` is still to be run in it. */
      readonly how: 'stop' | 'pause' | 'exec';
    }
  | { readonly kind: 'unit'; readonly unit: string; readonly user: boolean }
  /** A process of ours, told from a later one of the same number by when it started and in which boot. */
  | { readonly kind: 'process'; readonly pid: number; readonly startTicks: string; readonly boot: string }
  /** A process inside a container, by the number it has there; `startedAt` is the container's, which a restart changes. */
  | { readonly kind: 'exec'; readonly container: string; readonly startedAt: string; readonly pid: number }
  | {
      readonly kind: 'snapshot';
      readonly type: 'btrfs' | 'zfs' | 'lvm';
      /** A path whose last name begins with `.berth-` (btrfs), `pool/data@berth-…` (zfs), `group/berth-…` (lvm). */
      readonly name: string;
      /** Where it is mounted for us, if it is. */
      readonly mount: string | null;
    }
  /** With all that is in it. It lies in `databases` or `scratch` of berth's state folder, is called `.berth-…`, or is `/run/berth-<hex>`. */
  | { readonly kind: 'folder'; readonly path: string }
  /** A setting of an engine that is to be put back: which entry of agent.yaml, and words of its own. */
  | { readonly kind: 'undo'; readonly entry: string; readonly what: string };

/** The book of what must be put right. Durable before `note` resolves; `done` takes it out once it was seen to be right again. */
export interface Things {
  readonly note: (thing: Noted) => Promise<{ readonly done: () => Promise<void> }>;
}
