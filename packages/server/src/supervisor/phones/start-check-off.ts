import { checkOffCall } from '../../ingest/check-off/call.ts';
import type { CheckOffResult } from '../../ingest/check-off/check-off.ts';
import { type JobWishes, startJob } from '../../jobs/start.ts';
import type { Media } from '../../sources/source.ts';
import { type Phone, phonePlaces } from './places.ts';
import type { PhoneWorld } from './world.ts';

/**
 * Asks what may be deleted on a phone, as the phone, in a cell where nothing can be written but the mirror's index can be looked into. `told`
 * is the newest snapshot; `before` counts only what was last changed earlier, UTC milliseconds. Throws as `startJob` does.
 */
export const startCheckOff = (
  world: PhoneWorld,
  phone: Phone & { readonly media: Media },
  args: { readonly marker: string | null; readonly timeZone: string; readonly before: number | null },
  wishes: Pick<JobWishes, 'signal' | 'onProgress' | 'told'>,
): Promise<CheckOffResult> => {
  const { from, layout, readableBy, types, to } = phone.media;
  const { ingest, media, mirrorState, directory } = phonePlaces(world, phone);
  const target = media ?? to;
  const mirror = {
    ...{ ingest, target, state: mirrorState, from: [...from], exclude: [...phone.ingest.exclude] },
    ...{ layout, readableBy, types, settleMs: 0, floorBytes: null, timeZone: args.timeZone, marker: args.marker },
  };
  return startJob(
    world,
    phone,
    checkOffCall,
    { mirror, before: args.before },
    {
      ...wishes,
      ...{ program: world.ingest, directory, groups: phone.ingest.group === null ? [] : [phone.ingest.group] },
      cell: { readable: [ingest, target, mirrorState], writable: [] },
    },
  );
};
