import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { fetchDebian } from '../../scripts/fetch-debian.ts';
import { docker, dockerOrThrow } from './container.ts';

/** A busybox of Debian's and nothing else, made here: no test fetches from a registry. */
export const quietImage = 'berth-quiet:test';

const applets = [
  ...[
    'cat',
    'dd',
    'echo',
    'env',
    'head',
    'id',
    'ls',
    'mkdir',
    'mv',
    'ps',
    'rm',
    'sh',
    'sleep',
    'sync',
    'touch',
    'wc',
    'yes',
  ],
] as const;

/** Makes the image, once per run of a file; `program` is `docker` or what takes the same words. */
export const buildQuietImage = async (program: readonly [string, ...string[]] = ['docker']): Promise<void> => {
  const busybox = await fetchDebian('busybox-bookworm', 'bookworm', ['busybox-static']);
  const root = await mkdtemp(join(tmpdir(), 'berth-root-'));
  try {
    await chmod(root, 0o755);
    for (const folder of ['bin', 'etc', 'data']) await mkdir(join(root, folder));
    // An engine gives a tmpfs the mode of the folder below it, whatever it is told.
    for (const folder of ['tmp', 'var/run/postgresql']) {
      await mkdir(join(root, folder), { recursive: true });
      await chmod(join(root, folder), 0o1777);
    }
    await cp(join(busybox, 'bin/busybox'), join(root, 'bin/busybox'));
    for (const applet of applets) await symlink('busybox', join(root, 'bin', applet));
    const tar = await execa('tar', ['-C', root, '-c', '.'], { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
    const [first, ...words] = program;
    await execa(first, [...words, 'import', '-', quietImage], { input: tar.stdout, timeout: 60_000 });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

/** Ends when it is asked to, and counts into its volume meanwhile, so that whoever looks sees whether it is quiet. */
export const counting = `trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo $n > /data/n; sleep 0.1 & wait $!; done`;

/** Labels as docker compose writes them. */
export const composeLabels = (project: string, service: string, needs: readonly string[] = []): readonly string[] =>
  Object.entries({
    project,
    service,
    'container-number': '1',
    oneoff: 'False',
    depends_on: needs.map((need) => `${need}:service_started:false`).join(','),
  }).map(([name, value]) => `com.docker.compose.${name}=${value}`);

/** Containers of one test under a name nobody else has, each with a folder of its own at /data; all gone when disposed. */
export const withQuiet = async () => {
  const name = `quiet-${randomBytes(4).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const made = new Set<string>();
  const words = (service: string, labels: readonly string[], more: readonly string[]): readonly string[] => [
    ...['--name', `${name}-${service}`, '--init=false', '--restart', 'unless-stopped'],
    ...labels.flatMap((label) => ['--label', label]),
    ...['--volume', `${join(folder, service)}:/data`, ...more],
  ];
  return {
    name,
    folder,
    called: (service: string): string => `${name}-${service}`,
    /** Starts one, or (`create`) makes it as `docker compose create` would. */
    add: async (
      service: string,
      labels: readonly string[] = [],
      about: { readonly verb?: 'run' | 'create'; readonly more?: readonly string[]; readonly script?: string } = {},
    ): Promise<string> => {
      const { verb = 'run', more = [], script = counting } = about;
      await mkdir(join(folder, service), { recursive: true });
      made.add(`${name}-${service}`);
      const detach = verb === 'run' ? ['--detach'] : [];
      return (
        await dockerOrThrow(verb, ...detach, ...words(service, labels, more), quietImage, 'sh', '-c', script)
      ).trim();
    },
    /** `running`, `exited`, `paused`, or null when there is none. */
    stateOf: async (service: string): Promise<string | null> => {
      const { exitCode, stdout } = await docker('inspect', '--format', '{{.State.Status}}', `${name}-${service}`);
      return exitCode === 0 ? stdout.trim() : null;
    },
    inspect: async (service: string, format: string): Promise<string> =>
      (await dockerOrThrow('inspect', '--format', format, `${name}-${service}`)).trim(),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      if (made.size > 0) await docker('rm', '--force', '--volumes', ...made);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
/** See `withQuiet`. */
export type Quiet = Awaited<ReturnType<typeof withQuiet>>;
