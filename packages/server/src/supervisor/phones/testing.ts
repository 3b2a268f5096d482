import type { ServerConfig } from '../../sources/source.ts';
import { configOf } from '../../sources/testing.ts';
import { isPhone, type Phone } from './places.ts';

interface Change {
  readonly name?: string;
  readonly ingest?: string;
  readonly media?: string;
}

/** What is in force with one phone, `lisa-phone`; say another name, more lines of `ingest` or another `media`. */
export const phoneConfig = (change: Change = {}): ServerConfig => {
  const {
    name = 'lisa-phone',
    ingest = `
      group: 1000
      syncthing: { url: 'http://127.0.0.1:8384', api_key_file: syncthing.key, folder_id: abcd-1234 }`,
    media = '{ to: /volume1/photos/lisa, every: 1m }',
  } = change;
  return configOf(`sources:
  ${name}:
    uid: 1010
    ingest:
      folder: /volume1/phones/lisa
      password_file: lisa-phone.password${ingest}
${media === '' ? '' : `    media: ${media}\n`}`);
};

/** That phone. */
export const phoneOf = (change: Change = {}): Phone => {
  const found = phoneConfig(change).sources.find(isPhone);
  if (found === undefined) throw new Error('there is one');
  return found;
};
