import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';

/**
 * Reads the whole path of a folder, in one form: without a slash at its end and without doubled ones. `key` is what it stands behind,
 * `example` the whole `key: value` to write. The folder may be on another machine's disk, so nothing is looked up.
 */
export const parseFolder =
  (key: string, example: string) =>
  (text: string): Parsed<string> => {
    const remedy = `Write its whole path on this machine, for example ${example}`;
    const say = (message: string, other = remedy): Parsed<string> => refused('folder-path', message, other);
    if (text.trim() === '') return say(`${key} names no folder`);
    if (unprintable.test(text) || text.length > longestPath) return say(`${key} is no path of a folder`);
    if (text.startsWith('~')) return say(`${key} can not begin with ~, because nobody is at home here`);
    if (text.startsWith('$')) return say(`${key} is read as it stands, and nothing is put in for $`);
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || text.startsWith('\\\\'))
      return say(`${key} is a folder of this machine, and this is on another one`);
    if (/^[a-z]:[\\/]/i.test(text)) return say(`${quoted(text)} is a path of Windows`);
    if (!text.startsWith('/')) return say(`${quoted(text)} is not a whole path: nobody knows from where`);
    const parts = text.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) return say(`${quoted(text)} goes back with ..`, 'Write the path without it.');
    const path = `/${parts.join('/')}`;
    const isOpen = openFolders.some((folder) => path !== folder && isWithin(folder, path));
    const system = isOpen ? undefined : systemFolders.find((folder) => isWithin(folder, path));
    if (path === '/' || system !== undefined) {
      const where = path === '/' ? 'all of this machine' : system === path ? system : `in ${system}`;
      return refused('system-folder', `${key} can not be ${where}, which is the system's own`, remedy);
    }
    return accepted(path);
  };

/** True where `path` is `folder` or lies in it. Both as {@link parseFolder} gives them; names are compared as bytes. */
export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);

/** Neither in the other, nor the same. */
export const areApart = (one: string, other: string): boolean => !isWithin(one, other) && !isWithin(other, one);

/** What a line of a log or of mountinfo could be broken with, or turned around: control characters, separators, marks of direction. */
export const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Room for a phone's own paths below it, of which Linux takes 4096 bytes in all. */
export const longestPath = 1000;

/** Nothing a phone sends belongs there, and what the server starts from is there. `/opt/berth` is the container's own. */
const systemFolders = '/bin /boot /dev /etc /lib /lib32 /lib64 /opt /proc /run /sbin /sys /usr'.split(' ');

/** In these are disks and files of people after all: sticks that a desktop mounts, and memory that anybody may use. */
const openFolders = ['/run/media', '/dev/shm'];
