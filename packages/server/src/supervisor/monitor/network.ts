import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Cell, Jail } from '../../session/jail.ts';

/** What the C library reads to find a host by its name, and OpenSSL to know whom it may trust. */
const files = ['/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf', '/etc/host.conf', '/etc/gai.conf'] as const;
/** The certificates of this machine are links from the first to the other two. */
const folders = ['/etc/ssl/certs', '/usr/share/ca-certificates', '/usr/local/share/ca-certificates'] as const;

/** Looks at a file; null where there is none. Numbers that tell one file from another. */
export type Look = (path: string) => { readonly dev: number; readonly ino: number; readonly isFolder: boolean } | null;

/**
 * What a jailed program must be able to read so that it reaches the network by names. The libraries of the name services that
 * /etc/nsswitch.conf chooses (systemd's, mDNS) lie beside the C library.
 */
export const networkNeeds = (jail: Jail, look: Look = lookAt): NonNullable<Cell['system']> => {
  const libc = jail.kind === 'landlock' ? jail.libraries.find((path) => /\/libc\.so[^/]*$/.test(path)) : undefined;
  const wanted = [...folders, ...(libc === undefined ? [] : [dirname(libc)])];
  return {
    files: files.filter((path) => look(path)?.isFolder === false),
    folders: wanted.filter((path) => look(path)?.isFolder === true),
  };
};

/**
 * Another word once one of these files was replaced, as DHCP does with /etc/resolv.conf: Landlock allows files, not names, so
 * whoever runs already can not read the new one.
 */
export const networkMark = (look: Look = lookAt): string =>
  files
    .map((path) => {
      const found = look(path);
      return found === null ? 'none' : `${found.dev}:${found.ino}`;
    })
    .join(' ');

/** At this machine's, as we see them. */
export const lookAt: Look = (path) => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : { dev: found.dev, ino: found.ino, isFolder: found.isDirectory() };
};
