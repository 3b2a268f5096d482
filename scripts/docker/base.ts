import { chmod, cp, mkdir, mkdtemp, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { debianMirror } from '../fetch-debian.ts';
import { cache, project, requirePrograms } from './programs.ts';

/** What docker/Dockerfile stands on, by the name it has there. */
export const baseImage = 'node:24-trixie-slim';
const suite = 'trixie';
/** The authorities this machine trusts, where Debian keeps them; a machine behind a mirror may trust one more than Node does. */
const authorities = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Makes sure the base image is here: as it is, from its registry, or, where no registry can be reached, as a stand-in with the same name:
 * Debian 13 by debootstrap from the mirror apt already uses, with the Node of this clone and the npm of this machine. Says which.
 */
export const ensureBase = async (): Promise<'present' | 'pulled' | 'stand-in'> => {
  if (!(await execa('docker', ['image', 'inspect', baseImage], { reject: false })).failed) return 'present';
  const pull = await execa('docker', ['pull', '--quiet', baseImage], { reject: false, timeout: 300_000 });
  if (!pull.failed) return 'pulled';
  const archive = join(cache, `stand-in-${suite}-${process.version}-${process.arch}.tar`);
  if (!(await exists(archive))) await makeArchive(archive);
  const changes = ['CMD ["node"]', `ENV NODE_EXTRA_CA_CERTS=${authorities}`].flatMap((change) => ['--change', change]);
  await execa('docker', ['import', ...changes, archive, baseImage], { timeout: 120_000 });
  return 'stand-in';
};

const makeArchive = async (archive: string): Promise<void> => {
  await requirePrograms({ debootstrap: 'debootstrap' });
  await mkdir(cache, { recursive: true });
  const root = await mkdtemp(join(tmpdir(), 'berth-base-'));
  // Its mode becomes that of / in the container, where every UID has to walk.
  await chmod(root, 0o755);
  try {
    await execa('debootstrap', ['--variant=minbase', suite, root, await debianMirror()], { timeout: 600_000 });
    await addNode(root);
    if (await exists(authorities)) await place(authorities, join(root, authorities));
    for (const folder of ['var/cache/apt', 'var/lib/apt/lists', 'var/log']) {
      await rm(join(root, folder), { recursive: true, force: true });
      await mkdir(join(root, folder), { recursive: true });
    }
    const parts = ['--exclude=./dev/*', '--exclude=./proc/*', '--exclude=./sys/*', '-C', root, '.'];
    await execa('tar', ['--create', '--file', `${archive}.new`, '--numeric-owner', ...parts]);
    await rename(`${archive}.new`, archive);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

/** Node and npm where the official image has them. */
const addNode = async (root: string): Promise<void> => {
  await place(join(project, 'node_modules/node/bin/node'), join(root, 'usr/local/bin/node'));
  const modules = join(root, 'usr/local/lib/node_modules');
  await mkdir(modules, { recursive: true });
  await cp(await npmFolder(), join(modules, 'npm'), { recursive: true, verbatimSymlinks: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  await writeFile(join(root, 'etc/berth-stand-in'), 'Not the official image: see scripts/docker/base.ts\n');
};

/** Not `npm root`: with this clone's Node first in PATH it names a folder that is not there. */
const npmFolder = async (): Promise<string> => {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const program = join(folder, 'npm');
    if (await exists(program)) return dirname(dirname(await realpath(program)));
  }
  throw new Error('This machine has no npm.');
};

const place = async (from: string, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, { dereference: true });
};

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
