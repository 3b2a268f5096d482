import type { ServerConfig } from '../../sources/source.ts';
import { configOf } from '../../sources/testing.ts';
import { isPhone, type Phone } from './places.ts';

/** What is in force with one phone, `lisa-phone`; say more lines of `ingest` or another `media`. */
export const phoneConfig = (change: { readonly ingest?: string; readonly media?: string } = {}): ServerConfig => {
  const {
    ingest = `
      group: 1000
      syncthing: { url: 'http://127.0.0.1:8384', api_key_file: syncthing.key, folder_id: abcd-1234 }`,
    media = '{ to: /volume1/photos/lisa, every: 1m }',
  } = change;
  return configOf(`sources:
  lisa-phone:
    uid: 1010
    ingest:
      folder: /volume1/phones/lisa
      password_file: lisa-phone.password${ingest}
${media === '' ? '' : `    media: ${media}\n`}`);
};

/** That phone. */
export const phoneOf = (change: Parameters<typeof phoneConfig>[0] = {}): Phone => {
  const found = phoneConfig(change).sources.find(isPhone);
  if (found === undefined) throw new Error('there is one');
  return found;
};
