import { join } from 'node:path';

/** Where the things of an SFTP source are below its own directory. */
export const sftpPaths = (directory: string) => ({
  /** What its logins see as `/`: the server's own, so nothing can be made beside `files`. */
  root: join(directory, 'sftp'),
  /** What it stores. */
  files: join(directory, 'sftp', 'files'),
  /** The server's copies (docs/decisions/0011), which no login can name: they stand outside of its root. */
  kept: join(directory, 'kept'),
});
