import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { quietImage } from '../../docker/quiet.ts';
import type { Podman } from '../podman.ts';

/** Who the engines are in their containers, as in their own images: not root. */
const nobody = 65_534;

const patienceMs = 60_000;

/** A server in a container of its own. */
export interface Contained {
  readonly name: string;
  readonly labels?: readonly string[];
  /** As `fetchDebian` gives it; seen in the container at the same path, with this machine's libraries beside it. */
  readonly root: string;
  /** Of its environment. What is secret stands here alone, and never in any arguments. */
  readonly env?: Readonly<Record<string, string>>;
  /** More that is mounted, `HERE:INSIDE`. */
  readonly volumes?: readonly string[];
  /** Published on the loopback, `HERE:INSIDE`; without one it has no network at all. */
  readonly publish?: string;
  /** What the container's shell runs, the data being in /data. */
  readonly script: string;
  /** Fills the folder that becomes /data; what it made is given to the container's user afterwards. */
  readonly fill?: (data: string) => Promise<void>;
  /** What ends with 0 in the container once the server answers. */
  readonly isUp: readonly [string, ...string[]];
}

/** Starts one, and waits until it answers. It goes when it is disposed of, or with its engine. */
export const addContained = async (engine: Podman, about: Contained) => {
  const { name, root, env = {} } = about;
  const data = join(engine.folder, name);
  await mkdir(data);
  await about.fill?.(data);
  await execa('chown', ['-R', `${nobody}:${nobody}`, data]);
  const libraries = await readdir(join(root, 'usr/lib')).catch(() => []);
  const triplet = libraries.find((one) => one.endsWith('-linux-gnu'));
  const all = {
    PATH: `${root}/usr/bin:${root}/usr/sbin:/usr/bin:/bin`,
    ...(triplet !== undefined && { LD_LIBRARY_PATH: join(root, 'usr/lib', triplet) }),
    ...env,
  };
  const mounts = ['/usr', '/lib', '/lib64', root].map((path) => `${path}:${path}:ro`);
  const started = await engine.podman(
    [
      ...['run', '--detach', '--name', name, '--user', `${nobody}:${nobody}`, '--stop-timeout', '20'],
      // A container may not have higher limits than its engine.
      ...['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'],
      ...(about.publish === undefined
        ? ['--network', 'none']
        : ['--network', 'slirp4netns', '--publish', `127.0.0.1:${about.publish}`]),
      ...Object.keys(all).flatMap((variable) => ['--env', variable]),
      ...[...mounts, `${data}:/data`, ...(about.volumes ?? [])].flatMap((volume) => ['--volume', volume]),
      ...(about.labels ?? []).flatMap((label) => ['--label', label]),
      ...[`localhost/${quietImage}`, '/bin/sh', '-c', about.script],
    ],
    { env: all },
  );
  if (started.exitCode !== 0) throw new Error(started.stderr);
  /** Runs something in it, and gives what it wrote. */
  const inside = async (argv: readonly string[], input = '', variables: Readonly<Record<string, string>> = {}) => {
    const names = Object.keys(variables).flatMap((variable) => ['--env', variable]);
    const { exitCode, stdout, stderr } = await engine.podman(['exec', '--interactive', ...names, name, ...argv], {
      input,
      env: { ...variables },
    });
    if (exitCode !== 0) throw new Error(`${argv[0]} in ${name}: ${stderr}`);
    return stdout;
  };
  /** Waits until it answers: here, and after somebody started it again. */
  const untilUp = async (deadline = performance.now() + patienceMs): Promise<void> => {
    const end = await inside(about.isUp).then(
      () => null,
      (error: unknown) => error,
    );
    if (end === null) return;
    const { state } = await engine.containers.find({ name });
    if (state === 'running' && performance.now() < deadline) {
      await sleep(300);
      return untilUp(deadline);
    }
    const { stdout, stderr } = await engine.podman(['logs', name]);
    throw new Error(`${name} did not start: ${stdout} ${stderr}`.slice(-4000), { cause: end });
  };
  await untilUp();
  return {
    data,
    inside,
    untilUp,
    [Symbol.asyncDispose]: async () => {
      await engine.podman(['rm', '--force', '--time', '1', name]);
    },
  };
};
