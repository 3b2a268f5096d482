import { resolve } from 'node:path';
import type { Word } from '../../events/condition.ts';
import type { ToWatcher } from '../../ingest/watch/link.ts';
import { type ReadSecret, readSecretFile, type SecretFile, secretOf } from '../../monitor/secret.ts';
import type { Phone } from './places.ts';

/** Whom the watcher can watch, and whose key or certificate can not be read. */
export interface Watched {
  readonly phones: ToWatcher['phones'];
  readonly broken: readonly { readonly name: string; readonly word: Word }[];
}

/**
 * What the watcher is told of these phones, with the keys read from their files, which only root may. Never throws: a phone whose key can not
 * be read is left out, and what to do is said.
 */
export const watchedOf = (
  phones: readonly Phone[],
  { folder, read = readSecretFile }: { readonly folder: string; readonly read?: ReadSecret },
): Watched => {
  const watched: ToWatcher['phones'] = [];
  const broken: Watched['broken'][number][] = [];
  for (const { name, ingest } of phones) {
    const { syncthing } = ingest;
    if (syncthing === null) continue;
    const { url, apiKeyFile, folderId, certificateFile } = syncthing;
    const keyPath = resolve(folder, apiKeyFile);
    const key = secretOf(keyPath, read(keyPath));
    const pem = certificateFile === null ? null : resolve(folder, certificateFile);
    const certificate = pem === null ? null : certificateIn(read(pem));
    if (!key.ok) {
      broken.push({
        name,
        word: unread(name, `The key of Syncthing's API can not be read: ${key.message}.`, key.remedy),
      });
    } else if (pem !== null && certificate === null) {
      const remedy = `Copy https-cert.pem of Syncthing's configuration folder there: ${pem}`;
      broken.push({
        name,
        word: unread(name, `Syncthing's certificate can not be read: ${pem} is no PEM file.`, remedy),
      });
    } else watched.push({ name, url, key: key.value, folderId, certificate });
  }
  return { phones: watched, broken };
};

const unread = (source: string, text: string, remedy: string): Word => ({
  raise: {
    ...{ code: 'syncthing-refused', source, subject: null, severity: 'warning', remedy },
    text: `${text} Nobody asks Syncthing until it can. Backup and mirror go on with what has arrived.`,
  },
});

const certificateIn = (file: SecretFile): string | null => {
  if (file.kind !== 'read') return null;
  const text = Buffer.from(file.bytes).toString('utf8');
  return /^-----BEGIN CERTIFICATE-----$/m.test(text) ? text : null;
};
