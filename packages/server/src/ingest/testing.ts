import type { PhoneFacts, SyncthingState } from './facts.ts';
import type { PassResult } from './mirror/pass.ts';

const gib = 1024 ** 3;

/** Syncthing with nothing to complain of, whose phone was there at `seenMs`; say what differs. */
export const syncthingUp = (
  seenMs: number,
  change: Partial<Extract<SyncthingState, { readonly kind: 'up' }>> = {},
): SyncthingState => ({
  ...{ kind: 'up', quiet: true, needItems: 0, pullErrors: 0, paused: 'no', error: null, folderType: 'receiveonly' },
  ...{ ignoresDeletes: false, markerName: '.stfolder', version: 'v1.19.2' },
  phoneSeenAt: new Date(seenMs).toISOString(),
  ...change,
});

/** A pass that found nothing new, on a day on which something was; say what differs. */
export const passOf = (change: Partial<PassResult> = {}): PassResult => ({
  ...{ outcome: 'done', files: 100_342, bytes: 412 * gib, copied: 0, copiedBytes: 0, versions: 0, newlyGone: 0 },
  ...{ gone: 40, unsettled: 0, skipped: 0, renamed: 0, unreadable: 0, failed: 0, firstFailure: null, tookMs: 900 },
  ...{ day: { copied: 17, copiedBytes: gib / 10, versions: 3, gone: 40 }, storm: null },
  ...change,
});

/** A phone with which all is well at `nowMs`; say what differs. `mirror` takes what differs in it. */
export const phoneFacts = (
  name: string,
  nowMs: number,
  {
    mirror = {},
    ...change
  }: Omit<Partial<PhoneFacts>, 'mirror'> & {
    readonly mirror?: Partial<NonNullable<PhoneFacts['mirror']>> | null;
  } = {},
): PhoneFacts => {
  const at = new Date(nowMs - 30_000).toISOString();
  return {
    ...{ name, since: new Date(nowMs - 200 * 86_400_000).toISOString() },
    ...{ syncthing: syncthingUp(nowMs - 2 * 3_600_000), ingest: 'ok', backup: { ended: 'not-due', at } },
    mirror: mirror === null ? null : { last: passOf(), at, goodAt: at, failures: 0, ...mirror },
    ...change,
  };
};
