import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

const project = dirname(import.meta.dirname);
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const deadline = {
  timeout: 120_000,
  stdin: 'ignore',
  env: { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
} as const;

/**
 * Takes packages of a Debian suite from the mirror this machine already uses and unpacks them, over each other, into
 * `.cache/<name>`, whose path it returns; what is there already is kept. The machine's apt lists, sources and packages
 * stay as they are, and apt checks the archive's signatures. Rejects with the reason when it can't be had.
 */
export const fetchDebian = async (
  name: string,
  suite: string,
  packages: readonly [string, ...string[]],
): Promise<string> => {
  const target = join(project, '.cache', name);
  if (!(await exists(target))) await unpack(suite, packages, target);
  return target;
};

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Downloads and unpacks beside the target, then renames: two tests that fetch at once both end with a whole one. */
const unpack = async (suite: string, packages: readonly string[], target: string): Promise<void> => {
  const mirror = await debianMirror();
  await stat(keyring);
  const directory = await mkdtemp(join(tmpdir(), 'berth-apt-'));
  try {
    await chmod(directory, 0o755); // apt downloads as its own user, _apt
    await writeFile(join(directory, 'status'), '');
    await writeFile(join(directory, 'sources.list'), `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
    const download = join(directory, 'download');
    for (const folder of ['lists/partial', 'cache/archives/partial', 'download']) {
      await mkdir(join(directory, folder), { recursive: true });
    }
    const apt = (...args: readonly string[]) =>
      execa('apt-get', ['--quiet', '--quiet', ...privateApt(directory), ...args], { ...deadline, cwd: download });
    await apt('update');
    await apt('download', ...packages);
    await mkdir(dirname(target), { recursive: true });
    const unpacked = await mkdtemp(`${target}.`);
    for (const archive of await readdir(download)) {
      await execa('dpkg-deb', ['-x', join(download, archive), unpacked], deadline);
    }
    await chmod(unpacked, 0o755);
    await rename(unpacked, target).catch(() => rm(unpacked, { recursive: true, force: true }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const privateApt = (directory: string): readonly string[] =>
  [
    `Dir::State=${directory}`,
    `Dir::State::lists=${directory}/lists`,
    `Dir::State::status=${directory}/status`,
    `Dir::Cache=${directory}/cache`,
    `Dir::Etc::sourcelist=${directory}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'APT::Get::List-Cleanup=0',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option]);

/** The mirror of this machine's own release: its other entries (security, updates) don't carry other suites. */
export const debianMirror = async (): Promise<string> => {
  const osRelease = await readFile('/etc/os-release', 'utf8');
  if (!/^ID=debian$/m.test(osRelease)) throw new Error('this machine is no Debian, so its mirror has no Debian suites');
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(osRelease)?.[1];
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE) $(COMPONENT)'], deadline);
  const sites = stdout.split('\n').map((line) => line.split(' '));
  const site = sites.find(([, release, component]) => release === codename && component === 'main')?.[0];
  if (site === undefined) throw new Error(`apt knows no mirror for ${codename ?? 'this release'}`);
  return site;
};

if (import.meta.main) {
  console.log(await fetchDebian('setpriv-trixie', 'trixie', ['util-linux', 'libc6', 'libcap-ng0']));
}
