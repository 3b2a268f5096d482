import { stat } from 'node:fs/promises';
import type { Container, Containers } from './containers.ts';
import { isBelow, outermost } from './host-path.ts';
import { readLabels } from './labels.ts';

/** Looks at a path of this machine. */
export interface Lookup {
  readonly look: (path: string) => Promise<'data' | 'other' | 'missing'>;
}

/** Follows links; files and folders are data, sockets and devices are not. */
export const lookAt: Lookup['look'] = async (path) => {
  try {
    const found = await stat(path);
    return found.isFile() || found.isDirectory() ? 'data' : 'other';
  } catch {
    return 'missing';
  }
};

/**
 * What is copied of a group: the paths that agent.yaml names, or else, of each container, what its label `berth.paths` names, or else all its
 * binds and volumes, but not what is the machine's own.
 */
export const pathsToCopy = async (
  members: readonly Container[],
  { paths, isLabelled }: { readonly paths: readonly string[] | null; readonly isLabelled: boolean },
  containers: Pick<Containers, 'hostPath'>,
  { look }: Lookup,
): Promise<{
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
  readonly faults: readonly string[];
}> => {
  const warnings: string[] = [];
  const faults: string[] = [];
  const wanted: string[] = [...(paths ?? [])];
  if (paths === null) {
    for (const container of members) {
      const inside = isLabelled ? readLabels(container.labels).paths : null;
      if (inside === null) wanted.push(...mountsOf(container));
      for (const path of inside ?? []) {
        const here = containers.hostPath(container, path);
        if (here === null) faults.push(`${path} of ${container.name} lies in no bind and no volume.`);
        else wanted.push(here);
      }
    }
  }
  const found: string[] = [];
  for (const path of outermost(wanted)) {
    const kind = await look(path);
    if (kind === 'data') found.push(path);
    if (kind === 'missing')
      faults.push(`${path} is not on this machine (another host's engine, or a container around berth?).`);
  }
  if (found.length === 0 && faults.length === 0) {
    const names = members.map(({ name }) => name).join(', ');
    warnings.push(`There is nothing to copy of ${names || 'it'}: no bind and no volume holds data.`);
  }
  return { paths: found, warnings, faults };
};

/** What engines and people bind into containers although it is the machine's, or no data. */
const machines: readonly string[] = [
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/var/run',
  '/usr',
  '/lib',
  '/bin',
  '/sbin',
  '/boot',
];
const single: ReadonlySet<string> = new Set([
  '/',
  ...[
    '/etc/localtime',
    '/etc/timezone',
    '/etc/hosts',
    '/etc/hostname',
    '/etc/resolv.conf',
    '/etc/passwd',
    '/etc/group',
  ],
  ...['/etc/machine-id', '/etc/ssl/certs', '/var/lib/docker', '/var/log'],
]);

const mountsOf = ({ mounts }: Container): readonly string[] =>
  mounts
    .map(({ source }) => source)
    .filter((source) => !single.has(source) && !machines.some((folder) => isBelow(source, folder)));
