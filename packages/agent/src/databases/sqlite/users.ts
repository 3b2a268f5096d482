import { readdir, readFile, stat } from 'node:fs/promises';

/**
 * The programs that have one of these files open, as `name (pid)`. SQLite's locks do not tell: a program that waits holds none. Only Linux says
 * it, and to others than root only of their own programs. https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html
 */
export const usersOf = async (paths: readonly string[], proc = '/proc'): Promise<readonly string[]> => {
  const wanted = new Set<string>();
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found !== null) wanted.add(`${found.dev}:${found.ino}`);
  }
  const users: string[] = [];
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (Number(pid) === process.pid) continue;
    for (const descriptor of await readdir(`${proc}/${pid}/fd`).catch(() => [])) {
      const open = await stat(`${proc}/${pid}/fd/${descriptor}`).catch(() => null);
      if (open === null || !wanted.has(`${open.dev}:${open.ino}`)) continue;
      const name = await readFile(`${proc}/${pid}/comm`, 'utf8').catch(() => 'a program');
      users.push(`${name.trim()} (${pid})`);
      break;
    }
  }
  return users;
};
