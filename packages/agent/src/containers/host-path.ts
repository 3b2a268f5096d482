import { posix } from 'node:path';
import type { Container } from './containers.ts';

/**
 * A path inside a container as this machine sees it: through the deepest mount it lies in, as the kernel resolves it; null where it lies in none
 * (the container's own layer, a tmpfs). Links inside are not followed.
 */
export const hostPathOf = (container: Pick<Container, 'mounts'>, path: string): string | null => {
  const inside = posix.resolve('/', path);
  const [mount] = container.mounts
    .filter(({ target }) => isBelow(inside, posix.resolve('/', target)))
    .toSorted((one, other) => other.target.length - one.target.length);
  return mount === undefined
    ? null
    : posix.join(mount.source, posix.relative(posix.resolve('/', mount.target), inside));
};

/** Whether `path` is `folder` or lies in it; both absolute and without dots. */
export const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? folder : `${folder}/`);

/** Without those that lie in others of them, sorted. */
export const outermost = (paths: readonly string[]): readonly string[] => {
  const all = [...new Set(paths.map((path) => posix.resolve('/', path)))].sort();
  return all.filter((path) => !all.some((other) => other !== path && isBelow(path, other)));
};
