import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import type { Instead } from '@berth/common/yaml/schema-walk.ts';
import { channels } from './channels-schema.ts';
import { alerts, digest } from './digest-schema.ts';
import { page } from './page-schema.ts';
import { ping } from './ping-schema.ts';
import { parsePageUrl } from './service-url.ts';

const nameOf = (text: string): Parsed<string> =>
  text.trim() === text && text !== '' && [...text].length <= 60 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
    ? accepted(text)
    : refused('name', `${quoted(text)} is no name for a server`, 'Write at most 60 letters, for example name: nas.');

/** Whom to tell, beside `server` and `sources`. */
export const peopleFields = {
  digest: digest.optional(),
  alerts: alerts.optional(),
  channels: channels.optional(),
  page: page.optional(),
};

/** People look for these under `server`. */
export const besideServer: Readonly<Record<string, Instead>> = Object.fromEntries(
  Object.keys(peopleFields).map((key) => {
    const message = `${key} stands beside server, not in it`;
    return [key, { key, message, remedy: `Write ${key}: at the beginning of a line, without a space before it.` }];
  }),
);

/** The same of the server itself. */
export const serverPeopleFields = {
  name: textField(nameOf, 'name: nas').optional(),
  page_url: textField(parsePageUrl, 'page_url: https://berth.example.org').optional(),
  ping: ping.optional(),
};
