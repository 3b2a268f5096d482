import { checkOffCall } from '../../ingest/check-off/call.ts';
import type { CheckOffResult } from '../../ingest/check-off/check-off.ts';
import { type JobWishes, startJob } from '../../jobs/start.ts';
import { type MirroredPhone, mirrorArguments } from './mirror-arguments.ts';
import { phonePlaces } from './places.ts';
import { ofPhone } from './start.ts';
import type { PhoneWorld } from './world.ts';

/**
 * Asks what may be deleted on a phone, as the phone, in a cell where nothing can be written but the mirror's index can be looked into. `told`
 * is the newest snapshot; `before` counts only what was last changed earlier, UTC milliseconds. Throws as `startJob` does.
 */
export const startCheckOff = (
  world: PhoneWorld,
  phone: MirroredPhone,
  args: { readonly marker: string | null; readonly timeZone: string; readonly before: number | null },
  wishes: Pick<JobWishes, 'signal' | 'onProgress' | 'told'>,
): Promise<CheckOffResult> => {
  const { before, ...given } = args;
  const places = phonePlaces(world, phone);
  const mirror = mirrorArguments(phone, places, { ...given, settleMs: 0 });
  const cell = { readable: [places.ingest, mirror.target, places.mirrorState], writable: [] };
  const own = { ...ofPhone(world, phone, places, cell), background: false };
  return startJob(world, phone, checkOffCall, { mirror, before }, { ...wishes, ...own });
};
