import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Agent } from './steps/enrol.ts';
import type { Receiver } from './steps/receiver/receiver.ts';

/** One of restic's files as it lies on the server's disk. */
export interface StoredObject {
  readonly type: string;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly file: string;
}

/** A source's folder on the server. */
export const folderOf = ({ dataDir }: Receiver, { name }: Agent): string => join(dataDir, 'sources', name);

/** What is live: what restic sees. */
export const liveObjects = async (receiver: Receiver, agent: Agent): Promise<readonly StoredObject[]> =>
  objectsBelow(join(folderOf(receiver, agent), 'repo'));

/** What was deleted: `trash/<type>/<name>.<place in the journal>`. */
export const trashedObjects = async (receiver: Receiver, agent: Agent): Promise<readonly StoredObject[]> =>
  objectsBelow(join(folderOf(receiver, agent), 'trash'));

/** What they weigh together. */
export const totalBytes = (objects: readonly StoredObject[]): number =>
  objects.reduce((sum, { bytes }) => sum + bytes, 0);

/** The same object, with the same bytes, wherever it lies. */
export const identityOf = ({ type, name, sha256 }: StoredObject): string => `${type} ${name} ${sha256}`;

/** Its path in the REST API. */
export const pathOf = ({ type, name }: StoredObject): string => (type === 'config' ? '/config' : `/${type}/${name}`);

const objectsBelow = async (folder: string): Promise<readonly StoredObject[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map((file) => describe(folder, file)));
};

const describe = async (folder: string, file: string): Promise<StoredObject> => {
  const content = await readFile(file);
  const parts = relative(folder, file).split('/');
  const [type = '', name = (parts.at(-1) ?? '').replace(/\.\d+$/, '')] = [parts[0]];
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { type, name, sha256, bytes: content.length, file };
};
