import { accepted, type Parsed, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import type { Instead } from '@berth/common/yaml/schema-walk.ts';

/** A key that names the file of a secret. */
export type SecretKey = 'password_file' | 'token_file' | 'secret_file' | 'url_file' | 'api_key_file';

/** A field for it. What stands there is never quoted: it may be the secret itself, pasted into the wrong place. */
export const secretFile = (key: SecretKey | 'certificate_file', file: string) =>
  textField(secretFileOf(key, file), `${key}: ${file}`);

const secretFileOf =
  (key: SecretKey | 'certificate_file', file: string) =>
  (text: string): Parsed<string> => {
    const what = key === 'certificate_file' ? 'Copy the certificate' : 'Write the secret';
    const how = key === 'certificate_file' ? 'as PEM' : 'one line';
    const remedy = `${what} into a file beside sources.yaml, ${how}, and its name here: ${key}: ${file}`;
    if (text.trim() === '') return refused('secret-file', `${key} names no file`, remedy);
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text) || text.length > 1000)
      return refused('secret-file', `${key} is no name of a file`, remedy);
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
      return refused('secret-in-file', `${key} is the name of a file, and this is a URL`, remedy);
    }
    if (text.startsWith('~')) {
      return refused('secret-file', `${key} can not begin with ~`, 'Write the whole path, or one from this folder.');
    }
    if (text.startsWith('$')) {
      return refused('secret-file', `${key} is read as it stands, and nothing is put in for $`, remedy);
    }
    if (looksLikeSecret(text) || ownShapes[key]?.test(text) === true)
      return refused('secret-in-file', `${key} is the name of a file, and this looks like the secret itself`, remedy);
    return text.endsWith('/') ? refused('secret-file', `${key} names a folder`, remedy) : accepted(text);
  };

/**
 * As services make them: ntfy, Matrix, Slack, Telegram (number:letters), Gotify (A or C and 14 more), an app password of Google's. A
 * pasted secret would be said as the name of a file that is missing: in the log, on the page, on other channels.
 */
const looksLikeSecret = (text: string): boolean => shapes.some((shape) => shape.test(text));
const shapes = [
  ...[/^tk_[a-z0-9]{20,}$/i, /^(syt|mct|mat)_\w{10,}/, /^xox[a-z]-\S{10,}$/, /^\d{5,}:[\w-]{20,}$/],
  ...[/^(?=.*\d)(?=.*[a-z])(?=(.*[A-Z]){3})[AC][\w.-]{14}$/, /^[a-z]{4}( [a-z]{4}){3}$/],
] as const;

/** Only where nothing else is meant: a Syncthing's key (32 letters and digits), a repository's password as `berth enroll` makes it. */
const ownShapes: Readonly<Record<string, RegExp>> = {
  api_key_file: /^[A-Za-z0-9]{32}$/,
  password_file: /^[\w-]{43}$/,
};

/** For secrets that people write into sources.yaml itself, by the words they take: what to write instead. */
export const insteadOfSecrets = (key: SecretKey, file: string): Readonly<Record<string, Instead>> =>
  Object.fromEntries(
    words[key].map((word) => {
      const remedy = `Secrets have files of their own: write it into one beside this file, and here ${key}: ${file}`;
      return [word, { key, remedy }];
    }),
  );

const words: Readonly<Record<SecretKey, readonly string[]>> = {
  password_file: ['password', 'pass', 'passwd', 'smtp_password'],
  token_file: ['token', 'access_token', 'api_key', 'app_token', 'bot_token'],
  secret_file: ['secret', 'key', 'signing_key'],
  url_file: ['url', 'webhook', 'webhook_url'],
  api_key_file: ['api_key', 'apikey', 'key', 'token', 'api_token', 'api_key_path'],
};
