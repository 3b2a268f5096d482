import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKey } from './server.ts';

const firstUid = 28_100;
/** The source that stores by SFTP; the others run restic. */
export const sftpName = 'bench-sftp';

/** What the folder of a receiver's sources.yaml holds, and who may moor there. */
export interface Moorings {
  readonly config: string;
  readonly hostKeys: string;
  /** Those that run restic, by their names, which their keys in `directory` have too. */
  readonly names: readonly string[];
}

/** Makes `config` with a sources.yaml of `count` restic sources and the SFTP one, and their keys in `directory`. */
export const makeMoorings = async (directory: string, config: string, count: number): Promise<Moorings> => {
  await mkdir(config);
  const names = [sftpName, ...Array.from({ length: count }, (_, index) => `bench-${index}`)];
  const entries: string[] = [];
  for (const [index, name] of names.entries()) {
    const key = (await readFile(`${await makeKey(join(directory, name))}.pub`, 'utf8')).trim();
    const access = name === sftpName ? ', access: sftp' : '';
    entries.push(`  ${name}: { uid: ${firstUid + index}, key: '${key}'${access} }\n`);
  }
  const file = join(config, 'sources.yaml');
  await writeFile(file, `sources:\n${entries.join('')}`);
  return { config: file, hostKeys: join(config, 'host-keys'), names: names.slice(1) };
};
