import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import { z } from 'zod';
import { unprintable } from './folder-path.ts';
import { written } from './schedule-schema.ts';
import { insteadOfSecrets, secretFile } from './secret-file.ts';
import { isPublicHost, parseWebUrl } from './service-url.ts';
import { say } from './url-fields.ts';

const example = 'url: http://127.0.0.1:8384';

/** The server alone: the rest is added where it is due. It is the admin's own machine, so any network will do; never the key in the clear through the internet. */
const urlOf = (text: string): Parsed<string> => {
  const parsed = parseWebUrl(text.replace(/\/#?$/, ''), example);
  if (!parsed.ok) return parsed;
  const url = parsed.value;
  if (url.pathname !== '/' || url.search !== '')
    return refused('url', 'this URL goes on behind the server', `Write the server alone: url: ${url.origin}`);
  if (url.protocol === 'http:' && isPublicHost(url.hostname)) {
    const remedy = 'Write https:// instead, or the address that it has in your own network.';
    return refused('url-in-the-clear', 'http:// sends the API key through the internet in the clear', remedy);
  }
  return accepted(url.origin);
};

const folderIdOf = (text: string): Parsed<string> => {
  const remedy = 'Write the "Folder ID" that its page shows under the folder, for example folder_id: abcd-1234.';
  // https://docs.syncthing.net/dev/device-ids.html: eight groups of seven, with or without hyphens.
  if (/^([A-Z2-7]{7}-?){7}[A-Z2-7]{7}$/i.test(text)) {
    return refused('folder-id', 'this is the ID of a device, not of a folder', remedy);
  }
  if (text.trim() !== '' && text.length <= 255 && !unprintable.test(text)) return accepted(text);
  return refused('folder-id', `${quoted(text)} is not the ID of a folder`, remedy);
};

/** Whom to ask what goes on in a phone's folder, as it may stand under `ingest`. All but the certificate go together. */
export const syncthing = z
  .strictObject({
    url: textField(urlOf, example),
    api_key_file: secretFile('api_key_file', 'syncthing.key'),
    folder_id: written(folderIdOf, 'folder_id: abcd-1234'),
    certificate_file: secretFile('certificate_file', 'syncthing.pem').optional(),
  })
  .meta({
    example: 'syncthing: { url: http://127.0.0.1:8384, api_key_file: syncthing.key, folder_id: abcd-1234 }',
    instead: {
      ...insteadOfSecrets('api_key_file', 'syncthing.key'),
      folder: { key: 'folder_id', remedy: 'Write folder_id: and the ID; the path is the folder of ingest.' },
    },
  })
  .superRefine(({ url, certificate_file: certificate }, context) => {
    if (certificate === undefined || url.startsWith('https:')) return;
    const remedy = `Write url: ${url.replace('http:', 'https:')}, or delete certificate_file.`;
    say(context, 'certificate_file', 'certificate-alone', 'there is a certificate for a URL without https', remedy);
  });
