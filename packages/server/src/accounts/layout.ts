import type { Fingerprint } from '@berth/common/brand.ts';
import type { Source } from '../sources/source.ts';
import type { AccountFiles } from './passwd.ts';

/**
 * How the receiver keeps its accounts apart from the host's.
 * - `private`: root with CAP_SYS_ADMIN; a mount namespace of its own with its own /run and /etc.
 * - `container`: root in an image whose /etc/passwd and /etc/group point into /run/berth/etc.
 * - `rootless`: one UID for everything; the key decides the source.
 */
export type Mode = 'private' | 'container' | 'rootless';

/** Where things are in one mode; decided once at start. */
export interface Layout {
  readonly mode: Mode;
  /** As the admin calls it: for messages and the server's own reading. */
  readonly dataDir: string;
  /** The same folder by the path sessions can reach, whatever the permissions above it. */
  readonly sessionDataDir: string;
  /** Root's own (rootless: our own, 0700): keys, configuration, sockets. */
  readonly runtimeDir: string;
  /** What sshd_config says for AuthorizedKeysFile. */
  readonly authorizedKeysFile: string;
  /** Where passwd and group are written; null in rootless mode. */
  readonly accounts: { readonly passwd: string; readonly group: string; readonly base: AccountFiles } | null;
  /** What sshd_config says for ChrootDirectory of SFTP sources; null where it may confine nobody. */
  readonly sftpRoot: string | null;
  /** What sshd runs for a login with this key; `readOnly` is about SFTP sources only. */
  readonly commandFor: (source: Source, key: Fingerprint, readOnly: boolean) => readonly string[];
}
