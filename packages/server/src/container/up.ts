import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import type Docker from 'dockerode';
import { imageIdOf, statusOf } from './engine.ts';
import { execIn, lastLinesOf } from './output.ts';
import { preflight } from './preflight.ts';
import { containerOptions, fingerprintOf, settingsLabel, stopSeconds, type Wishes } from './settings.ts';

/** What `up` found to do, and whether the engine holds the container to its memory. */
export interface UpResult {
  readonly outcome: 'unchanged' | 'created' | 'replaced';
  readonly memoryLimited: boolean;
}

const healthyWithinMs = 60_000;
const lookEveryMs = 500;

/**
 * Makes the container be there with exactly these settings, and returns once it is healthy. Idempotent, also after an `up` that was killed.
 *
 * Two containers can not have one port or serve one data folder, so the old one stops before the new one starts; it is only
 * removed once the new one is healthy. Whatever can be known beforehand is: the image and the settings by creating the new
 * container, sources.yaml and the data by `check` inside it. When the new one still does not become healthy, the old one is
 * started again, and the Problem says so. A backup under way is cut; the agent tries again and goes on with what is stored.
 */
export const up = async (docker: Docker, wishes: Wishes, say: (line: string) => void): Promise<UpResult> => {
  const options = containerOptions(wishes);
  const fingerprint = fingerprintOf(options, await imageIdOf(docker, wishes.image));
  const { name } = wishes;
  const { next, check } = passing(name);
  await finishInterrupted(docker, name);
  const old = await find(docker, name);
  if (old?.fingerprint === fingerprint && old.running) {
    await becomeHealthy(docker, old.container);
    return { outcome: 'unchanged', memoryLimited: await isMemoryLimited(old.container) };
  }
  const labelled = { ...options, Labels: { [settingsLabel]: fingerprint } };
  await preflight(docker, { ...labelled, name: check });
  const created = await docker.createContainer({ ...labelled, name: next });
  try {
    if (old?.running === true) {
      say(`${name}: stopping the old container`);
      await stop(old.container);
    }
    await start(created, wishes.port);
    await becomeHealthy(docker, created);
  } catch (error) {
    await created.remove({ force: true });
    if (old?.running !== true) throw error;
    await old.container.start();
    await becomeHealthy(docker, old.container);
    throw putBack(error);
  }
  await old?.container.remove({ force: true });
  await created.rename({ name });
  return { outcome: old === null ? 'created' : 'replaced', memoryLimited: await isMemoryLimited(created) };
};

/**
 * An engine that can not limit memory (a rootless one without a delegated cgroup, a kernel without the memory controller) makes the
 * container all the same, without the limit (moby: verifyPlatformContainerResources).
 */
const isMemoryLimited = async (container: Docker.Container): Promise<boolean> =>
  ((await container.inspect()).HostConfig.Memory ?? 0) > 0;

/** Stops and removes the container; false when there was none. The data, sources.yaml and the host keys stay. */
export const down = async (docker: Docker, name: string): Promise<boolean> => {
  const { next, check } = passing(name);
  const found = [await find(docker, check), await find(docker, next), await find(docker, name)].filter(
    (one) => one !== null,
  );
  for (const { container } of found) {
    await stop(container);
    await container.remove({ force: true });
  }
  return found.length > 0;
};

interface Found {
  readonly container: Docker.Container;
  readonly running: boolean;
  readonly fingerprint: string;
}

/** The container of that name, null when there is none. Throws `not-ours` for one that somebody else made. */
export const find = async (docker: Docker, name: string): Promise<Found | null> => {
  const container = docker.getContainer(name);
  try {
    const { Config, State, Id } = await container.inspect();
    const fingerprint = Config.Labels[settingsLabel];
    if (fingerprint === undefined) throw notOurs(name, Config.Labels['com.docker.compose.project'] !== undefined);
    return { container: docker.getContainer(Id), running: State.Running, fingerprint };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
};

/** What the containers are called that are there only while `up` runs: the one that checks, and the new one until it is healthy. */
const passing = (name: string) => ({ check: `${name}-check`, next: `${name}-next` }) as const;

/**
 * An `up` that was killed leaves the container that checks, or the new one beside the old one, or the new one alone under its
 * temporary name.
 */
const finishInterrupted = async (docker: Docker, name: string): Promise<void> => {
  const { next, check } = passing(name);
  await (await find(docker, check))?.container.remove({ force: true });
  const left = await find(docker, next);
  if (left === null) return;
  if ((await find(docker, name)) === null) await left.container.rename({ name });
  else await left.container.remove({ force: true });
};

const stop = async (container: Docker.Container): Promise<void> => {
  try {
    await container.stop({ t: stopSeconds });
  } catch (error) {
    // 304: it had stopped already.
    if (statusOf(error) !== 304) throw error;
  }
};

const start = async (container: Docker.Container, port: number): Promise<void> => {
  try {
    await container.start();
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    if (!/port is already allocated|address already in use/i.test(words)) throw cause;
    throw new Problem(
      'port-taken',
      `Port ${port} is taken by another program or container.`,
      `See which: ss -ltnp 'sport = :${port}' and docker ps. Or take another: server: { port: 2223 } in sources.yaml, or --port`,
      { cause },
    );
  }
};

/**
 * Asks the container itself, once a look, instead of waiting for the engine's own health check, which looks for the first time after 30 s.
 * Throws `not-healthy` with its last words as soon as it has ended, or after a minute.
 */
const becomeHealthy = async (docker: Docker, container: Docker.Container): Promise<void> => {
  const deadline = performance.now() + healthyWithinMs;
  let words = '';
  while (performance.now() < deadline) {
    const { State, RestartCount } = await container.inspect();
    if (!State.Running || State.Restarting || RestartCount > 0) break;
    try {
      const { exitCode, output } = await execIn(docker, container, ['berth-server', 'health']);
      if (exitCode === 0) return;
      words = output;
    } catch (error) {
      // 409: it ended between the two questions, which the next look will see.
      if (statusOf(error) !== 409) throw error;
    }
    await sleep(lookEveryMs);
  }
  const said = await lastLinesOf(container, 20);
  throw new Problem('not-healthy', 'The new container does not become healthy.', `It said:\n${said || words}`);
};

const putBack = (error: unknown): unknown =>
  error instanceof Problem
    ? new Problem(error.code, `${error.message} The old one runs again, as before.`, error.remedy, { cause: error })
    : error;

const notOurs = (name: string, byCompose: boolean): Problem =>
  new Problem(
    'not-ours',
    `There is a container ${name} that berth-server up did not make.`,
    byCompose
      ? 'It belongs to docker compose. Use either: docker compose down first, or go on with docker compose up --detach'
      : `Remove it (docker rm -f ${name}), or give this one another name: --name`,
  );
