import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const deadline = {
  timeout: 120_000,
  stdin: 'ignore',
  env: { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
} as const;

/**
 * The folder with the files of a package of Debian 13, taken from the mirror this machine already uses and unpacked
 * into `.cache/`: the machine's own packages, lists and sources stay as they are, and apt checks the signatures.
 * Rejects with the reason when it can't be had.
 */
export const fromTrixie = async (name: string): Promise<string> => {
  const target = join(dirname(import.meta.dirname), '.cache', `trixie-${name}`);
  const isThere = await stat(target).then(
    () => true,
    () => false,
  );
  if (!isThere) await unpack(name, target);
  return target;
};

const unpack = async (name: string, target: string): Promise<void> => {
  await stat(keyring);
  const directory = await mkdtemp(join(tmpdir(), 'berth-apt-'));
  try {
    await chmod(directory, 0o755); // apt downloads as its own user, _apt
    await writeFile(join(directory, 'status'), '');
    const source = `deb [signed-by=${keyring}] ${await debianMirror()} trixie main\n`;
    await writeFile(join(directory, 'sources.list'), source);
    for (const folder of ['lists/partial', 'cache/archives/partial', 'download']) {
      await mkdir(join(directory, folder), { recursive: true });
    }
    const download = join(directory, 'download');
    const apt = (...args: readonly string[]) =>
      execa('apt-get', ['-qq', ...privateApt(directory), ...args], { ...deadline, cwd: download });
    await apt('update');
    await apt('download', name);
    const [archive] = await readdir(download);
    if (archive === undefined) throw new Error(`apt-get downloaded no ${name}`);
    await mkdir(dirname(target), { recursive: true });
    const unpacked = await mkdtemp(`${target}.`);
    await execa('dpkg-deb', ['-x', join(download, archive), unpacked], deadline);
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
const debianMirror = async (): Promise<string> => {
  const osRelease = await readFile('/etc/os-release', 'utf8');
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(osRelease)?.[1] ?? '';
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE) $(COMPONENT)'], deadline);
  const sites = stdout.split('\n').map((line) => line.split(' '));
  const site = sites.find(([, release, component]) => release === codename && component === 'main')?.[0];
  if (site === undefined) throw new Error(`apt knows no Debian mirror for ${codename || 'this system'}`);
  return site;
};
