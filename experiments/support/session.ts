import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSessionArguments, sourceDirectory } from '../../packages/server/src/session/arguments.ts';
import { sourceFolders } from '../../packages/server/src/store/layout.ts';
import { sessionFile } from '../../test/helpers/programs.ts';
import { RestClient } from '../../test/helpers/rest-client.ts';

/** One source of a server, and sessions of it as sshd would start them, without sshd and without a jail. */
export interface SourceOfSessions {
  /** The source's own directory. */
  readonly directory: string;
  /** The session program as it is, behind the words of another program if there are any, with a client joined to it. */
  readonly start: (...wrap: readonly string[]) => RestClient;
  /** The same program for a client of another kind, which has to say what it asks for in SSH_ORIGINAL_COMMAND. */
  readonly command: readonly string[];
}

/** A new source called `name` below `dataDir`. */
export const sourceOfSessions = async (dataDir: string, name: string): Promise<SourceOfSessions> => {
  const directory = sourceDirectory(dataDir, name);
  for (const folder of sourceFolders) await mkdir(join(directory, folder), { recursive: true, mode: 0o700 });
  const words = formatSessionArguments({
    source: name,
    key: fingerprint,
    dataDir,
    controlSocket: '/nonexistent',
    quotaBytes: null,
    // The small disks of some experiments are below any usual floor.
    floorBytes: 0,
  });
  const environment = ['env', 'SSH_ORIGINAL_COMMAND=receive'];
  const command = [process.execPath, sessionFile, ...words];
  return {
    directory,
    start: (...wrap) => new RestClient([...environment, ...leash, ...wrap, ...command]),
    command,
  };
};

/** Should the experiment be killed, its sessions end with it. */
const leash = ['setpriv', '--pdeathsig', 'KILL'];

const fingerprint = `SHA256:${createHash('sha256').update('an experiment').digest('base64').replace('=', '')}`;
