import { readFile } from 'node:fs/promises';
import type { Container } from './containers.ts';

/**
 * The id of the container this process runs in; null where it runs in none. Docker and Podman mount files out of a folder of that name into each
 * container; the control group is named so too where it can be seen.
 */
export const ownContainerId = async (proc = '/proc'): Promise<string | null> => {
  for (const file of ['mountinfo', 'cgroup']) {
    const text = await readFile(`${proc}/self/${file}`, 'utf8').catch(() => '');
    const id = idIn(file === 'mountinfo' ? text.split('\n').filter(isOwnMount).join('\n') : text);
    if (id !== null) return id;
  }
  return null;
};

/** Lines whose mount point is one of the files that engines put into every container. */
const isOwnMount = (line: string): boolean =>
  ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/run/.containerenv'].includes(line.split(' ')[4] ?? '');

const idIn = (text: string): string | null =>
  /(?:containers\/|docker[-/]|libpod-)([0-9a-f]{64})(?![0-9a-f])/.exec(text)?.[1] ?? null;

/** Why a container is never made quiet by a run: it is the agent's own, or the way to the engine. Null for all others. */
export const neededByRun = (
  container: Container,
  about: { readonly own: string | null; readonly where: string },
): 'agent' | 'proxy' | null => {
  if (container.id === about.own) return 'agent';
  const holdsEngine = container.mounts.some(({ source }) => /\/(?:docker|podman)\.sock$/.test(source));
  return holdsEngine && !about.where.startsWith('unix:') ? 'proxy' : null;
};
