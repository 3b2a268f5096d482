import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** Which Debian suite carries which restic; the tests run against both, see issue 2 §5. */
const suites = { '0.14': 'bookworm', '0.18': 'trixie' } as const;
/** A restic the tests want: Debian 12's, and Debian 13's. */
export type ResticRelease = keyof typeof suites;
/** Every restic the tests want, oldest first. */
export const resticReleases = ['0.14', '0.18'] as const satisfies readonly ResticRelease[];

const project = dirname(import.meta.dirname);
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const deadline = {
  timeout: 120_000,
  stdin: 'ignore',
  env: { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
} as const;

/**
 * The path of a restic of that release: the machine's own if it fits, else one taken from the Debian mirror this machine
 * already uses, unpacked into `.cache/`. The machine's apt lists, sources and packages stay as they are, and apt checks
 * the archive's signatures. Rejects with the reason when it can't be had.
 */
export const fetchRestic = async (release: ResticRelease): Promise<string> => {
  if (await isRelease('/usr/bin/restic', release)) return '/usr/bin/restic';
  const target = join(project, '.cache', `restic-${release}`);
  const binary = join(target, 'usr/bin/restic');
  if (await isRelease(binary, release)) return binary;
  await unpack(suites[release], target);
  if (!(await isRelease(binary, release)))
    throw new Error(`suite ${suites[release]} has another restic than ${release}`);
  return binary;
};

const isRelease = async (binary: string, release: ResticRelease): Promise<boolean> => {
  const { stdout } = await execa(binary, ['version'], { ...deadline, reject: false });
  return (stdout ?? '').startsWith(`restic ${release}.`);
};

/** Downloads and unpacks beside the target, then renames: two tests that fetch at once both end with a whole one. */
const unpack = async (suite: string, target: string): Promise<void> => {
  const mirror = await debianMirror();
  await stat(keyring);
  const directory = await mkdtemp(join(tmpdir(), 'berth-apt-'));
  try {
    await chmod(directory, 0o755); // apt downloads as its own user, _apt
    await writeFile(join(directory, 'status'), '');
    await writeFile(join(directory, 'sources.list'), `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
    for (const name of ['lists/partial', 'cache/archives/partial', 'download']) {
      await mkdir(join(directory, name), { recursive: true });
    }
    const apt = (...args: readonly string[]) =>
      execa('apt-get', ['--quiet', '--quiet', ...privateApt(directory), ...args], {
        ...deadline,
        cwd: join(directory, 'download'),
      });
    await apt('update');
    await apt('download', 'restic');
    const [archive] = await readdir(join(directory, 'download'));
    if (archive === undefined) throw new Error(`apt-get downloaded nothing from ${suite}`);
    await mkdir(dirname(target), { recursive: true });
    const unpacked = await mkdtemp(`${target}.`);
    await execa('dpkg-deb', ['-x', join(directory, 'download', archive), unpacked], deadline);
    await rm(target, { recursive: true, force: true });
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
  if (!/^ID=debian$/m.test(osRelease)) throw new Error('this machine is no Debian, so its mirror has no Debian suites');
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(osRelease)?.[1];
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE) $(COMPONENT)'], deadline);
  const sites = stdout.split('\n').map((line) => line.split(' '));
  const site = sites.find(([, release, component]) => release === codename && component === 'main')?.[0];
  if (site === undefined) throw new Error(`apt knows no mirror for ${codename ?? 'this release'}`);
  return site;
};

if (import.meta.main) {
  for (const release of resticReleases) console.log(`restic ${release}: ${await fetchRestic(release)}`);
}
