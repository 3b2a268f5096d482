import { defaultSettleMs, defaultUnseenAfterMs, type WrittenIngest } from './ingest-schema.ts';
import { defaultFrom, defaultMirrorMs, type WrittenMedia } from './media-schema.ts';
import type { Ingest, Media } from './source.ts';

/** What is written of a phone's folder → what is meant. */
export const ingestOf = (written: WrittenIngest): Ingest => {
  const { syncthing } = written;
  return {
    folder: written.folder,
    passwordFile: written.password_file,
    group: written.group ?? null,
    exclude: written.exclude ?? [],
    settleMs: written.settle ?? defaultSettleMs,
    unseenAfterMs: written.unseen_after === undefined ? defaultUnseenAfterMs : written.unseen_after,
    syncthing:
      syncthing === undefined
        ? null
        : {
            url: syncthing.url,
            apiKeyFile: syncthing.api_key_file,
            folderId: syncthing.folder_id,
            certificateFile: syncthing.certificate_file ?? null,
          },
  };
};

/** What is written of its mirror → what is meant. */
export const mediaOf = (written: WrittenMedia): Media => ({
  from: written.from ?? defaultFrom,
  to: written.to,
  everyMs: written.every ?? defaultMirrorMs,
  layout: written.layout ?? 'as-is',
  readableBy: written.readable_by ?? 'group',
  types: written.types ?? 'media',
});
