import { chown } from 'node:fs/promises';
import { personOf } from '../../../packages/agent/src/databases/person.ts';

/** An engine that refuses root runs as nobody; where this is not root, as who this is. */
const isRoot = process.getuid?.() === 0;
const nobody = isRoot ? await personOf('nobody') : null;

/** Words to put in front of a program, so that it runs unprivileged. */
export const unprivileged: readonly string[] =
  nobody === null
    ? []
    : ['setpriv', `--reuid=${nobody.uid}`, `--regid=${nobody.gid}`, '--clear-groups', '--inh-caps=-all', '--'];

/** The name an engine sees behind a socket. */
export const unprivilegedName = nobody === null ? (process.env['USER'] ?? 'root') : 'nobody';

/** Gives a folder to that user. */
export const give = async (path: string): Promise<void> => {
  if (nobody !== null) await chown(path, nobody.uid, nobody.gid);
};
