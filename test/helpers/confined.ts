import { readFile } from 'node:fs/promises';
import { capabilities } from '../../packages/server/src/container/settings.ts';

/**
 * Whether receivers of this test run are confined as the container is, in one of the machine's own files:
 * `BERTH_TEST_CONFINED=1 vitest run --project whole`. experiments/12-confined.ts runs the suite so.
 */
export const isConfined = process.env['BERTH_TEST_CONFINED'] === '1' && process.getuid?.() === 0;

/** Where a confined server finds the clone. */
const clone = '/opt/berth';

/**
 * The command by which root runs `berth-server` as docker/compose.yaml does: with exactly its capabilities, no new
 * privileges, and a root that is read-only but for `directory` and a /run and a /tmp of its own. Accounts are where the
 * image has them, so the server takes this for its image. `other` is a folder whose `setpriv` stands in for the machine's.
 */
export const asContained = (
  repository: string,
  directory: string,
  other: string | null,
  args: readonly string[],
): readonly string[] => {
  const words = ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', contained, 'sh'];
  return [...words, repository, directory, other ?? '', ...bounded, program, ...args];
};

/** The command by which root runs another one of the same program beside a confined server, as `docker exec` does. */
export const besideContained = (pid: number, args: readonly string[]): readonly string[] => {
  return ['nsenter', '--mount', '--target', String(pid), '--wd=/', ...bounded, program, ...args];
};

/** Throws unless the process is held as it should be; a test on a server that is not shows nothing. */
export const assertConfined = async (pid: number): Promise<void> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)$`, 'm').exec(status)?.[1] ?? '';
  const wanted = mask.toString(16).padStart(16, '0');
  for (const [set, value] of [
    ['CapBnd', wanted],
    ['CapPrm', wanted],
    ['CapEff', wanted],
    ['CapInh', '0'.repeat(16)],
  ] as const) {
    if (field(set) !== value) throw new Error(`${set} of the server is ${field(set)} and not ${value}`);
  }
  if (field('NoNewPrivs') !== '1') throw new Error('the server could gain privileges');
  const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
  const root = mounts.split('\n').find((line) => line.split(' ')[4] === '/');
  if (root?.split(' ')[5]?.split(',').includes('ro') !== true) throw new Error('the root of the server can be written');
};

const program = `${clone}/packages/server/bin/berth-server`;

/** Their places in a capability mask: capability.h. */
const bits: Readonly<Record<string, number>> = { CHOWN: 0, KILL: 5, SETGID: 6, SETUID: 7, SYS_CHROOT: 18 };
const mask = capabilities.reduce((sum, name) => sum | (1 << (bits[name] ?? 31)), 0);

/** The machine's own, also where a test has another one in its place. */
const setpriv = '/opt/setpriv';

const bounded = [
  setpriv,
  `--bounding-set=-all,${capabilities.map((name) => `+${name.toLowerCase()}`).join(',')}`,
  '--inh-caps=-all',
  '--no-new-privs',
];

/**
 * What the image and compose.yaml make; /mnt is only where it is put together. /tmp is root's alone, since the data of a
 * test is in it, and sshd locks nobody into a folder below one that others write.
 */
const contained = `
clone=$1 directory=$2 other=$3; shift 3
mount -t tmpfs -o mode=0755 stage /mnt
mkdir /mnt/upper /mnt/work /mnt/directory /mnt/other
mount --rbind "$directory" /mnt/directory
[ -z "$other" ] || mount --bind "$other" /mnt/other
ln -s /run/berth/etc/passwd /run/berth/etc/group /mnt/upper
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work etc /etc
mount -t tmpfs -o mode=0755 opt /opt
mkdir ${clone}
touch ${setpriv}
mount --bind "$(command -v setpriv)" ${setpriv}
mount --bind -o ro "$clone" ${clone}
mount -t tmpfs -o mode=0755,size=64m run /run
mount -t tmpfs -o mode=0755,size=16m tmp /tmp
mkdir -p "$directory"
mount --rbind /mnt/directory "$directory"
if [ -n "$other" ]; then
  mkdir -p "$other"
  mount --bind /mnt/other "$other"
  mount --bind "$other/setpriv" "$(command -v setpriv)"
fi
umount --lazy /mnt
for read in / /etc /opt; do mount -o remount,bind,ro $read; done
cd /
exec "$@"
`;
