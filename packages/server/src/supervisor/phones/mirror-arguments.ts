import type { z } from 'zod';
import type { mirrorArgumentsSchema } from '../../ingest/mirror/pass.ts';
import type { Media } from '../../sources/source.ts';
import type { Phone, PhonePlaces } from './places.ts';

/** A phone with a mirror. */
export type MirroredPhone = Phone & { readonly media: Media };

/** What a program that works on a phone's mirror is told of it, and the mirror's folder by its own path. */
export const mirrorArguments = (
  { ingest, media }: MirroredPhone,
  places: Pick<PhonePlaces, 'ingest' | 'media' | 'mirrorState'>,
  given: { readonly marker: string | null; readonly timeZone: string; readonly settleMs: number },
): z.input<typeof mirrorArgumentsSchema> => {
  const { from, layout, readableBy, types, to } = media;
  return {
    ...{ ingest: places.ingest, target: places.media ?? to, to, state: places.mirrorState },
    ...{ from: [...from], exclude: [...ingest.exclude], layout, readableBy, types },
    ...{ floorBytes: null, ...given },
  };
};
