import { z } from 'zod';
import { passResultSchema } from './mirror/pass.ts';

/** What Syncthing says of a phone's folder. Words of Syncthing's own are cut short and may hold anything. */
export const syncthingStateSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('up'),
    /** Nothing is being fetched. Null where that can not be told: paused, or stopped by an error. */
    quiet: z.boolean().nullable(),
    /** Files and folders that are still to come. */
    needItems: z.int(),
    /** Those of them that Syncthing gave up on for now. */
    pullErrors: z.int(),
    /** The folder, or the phone itself. */
    paused: z.enum(['no', 'folder', 'phone']),
    /** Why Syncthing stopped this folder; null where it did not. */
    error: z.string().max(500).nullable(),
    /** `receiveonly` is what it should be. */
    folderType: z.string().max(50),
    /** True where `ignoreDelete` is on: then what the phone deletes stays here, and in the snapshots. */
    ignoresDeletes: z.boolean(),
    /** What marks the folder as Syncthing's: `.stfolder`. */
    markerName: z.string().max(255),
    /** When the phone was last connected, UTC; null when it never was. */
    phoneSeenAt: z.iso.datetime().nullable(),
    /** Syncthing's, such as `v1.19.2`. */
    version: z.string().max(50),
  }),
  /** Nobody answers: `detail` is why, without a full stop. */
  z.object({ kind: z.literal('down'), detail: z.string().max(500) }),
  z.object({
    kind: z.literal('refused'),
    why: z.enum(['key', 'host-check', 'certificate']),
    detail: z.string().max(500),
  }),
  /** It has no folder of this id. */
  z.object({ kind: z.literal('unknown-folder') }),
  /** Something answers that is not Syncthing, or one that says what is not understood. */
  z.object({ kind: z.literal('nonsense'), detail: z.string().max(500) }),
]);
export type SyncthingState = z.output<typeof syncthingStateSchema>;

/** What is known of a phone, for conditions, digest, page, metrics and `phone status`. Times are UTC. */
export const phoneFactsSchema = z.object({
  name: z.string(),
  /**
   * When the server began to look after it as it is in sources.yaml now. Kept over restarts; begun anew where its folder, its Syncthing or
   * the folder of its mirror is another one. From then on silence counts: of a phone that was never seen, of a mirror without a first pass.
   */
  since: z.iso.datetime(),
  /** Null where nobody is asked, or nobody has answered yet. */
  syncthing: syncthingStateSchema.nullable(),
  /** What Syncthing last called its marker in the folder; kept while it does not answer, and over restarts. */
  marker: z.string().max(255).optional(),
  /** What the last look found where its files arrive; null before the first. */
  ingest: z.enum(['ok', 'missing', 'unreadable']).nullable(),
  /** Null without a mirror. */
  mirror: z
    .object({
      /** The last pass that ended, and when; null before the first. */
      last: passResultSchema.nullable(),
      at: z.iso.datetime().nullable(),
      /** When a pass last came to its end with everything copied. */
      goodAt: z.iso.datetime().nullable(),
      /** Passes in a row since then that did not. */
      failures: z.int(),
    })
    .nullable(),
  /** How the last wake of its backup ended: `ran`, `not-due`, `waiting`, a reason; null before the first. */
  backup: z.object({ ended: z.string().max(200), at: z.iso.datetime() }).nullable(),
});
export type PhoneFacts = z.output<typeof phoneFactsSchema>;
