import type { Source } from '../sources/source.ts';
import { configOf } from '../sources/testing.ts';

/** A phone with everything that sources.yaml knows of one; say more lines of `ingest` or other ones, at its depth. */
export const phoneSource = (change: { readonly ingest?: string; readonly media?: string } = {}): Source => {
  const {
    ingest = `
      group: 1000
      unseen_after: 3d
      syncthing: { url: 'http://127.0.0.1:8384', api_key_file: syncthing.key, folder_id: abcd-1234 }`,
    media = '{ to: /volume1/photos/lisa, every: 1m }',
  } = change;
  const [source] = configOf(`sources:
  lisa-phone:
    uid: 1010
    ingest:
      folder: /volume1/phones/lisa
      password_file: lisa-phone.password${ingest}
${media === '' ? '' : `    media: ${media}\n`}`).sources;
  if (source === undefined) throw new Error('there is one');
  return source;
};
