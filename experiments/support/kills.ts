import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import type { z } from 'zod';
import type { JobContext } from '../../packages/server/src/jobs/job.ts';
import type { purgeJob } from '../../packages/server/src/jobs/purge.ts';
import { planRewindJob, rewindJob } from '../../packages/server/src/jobs/rewind.ts';
import { nodeDisk } from '../../packages/server/src/store/disk.ts';
import { isProcessAlive } from '../../packages/server/src/store/sessions.ts';
import { randomObject } from '../../test/helpers/rest-client.ts';
import type { Conditions } from '../experiment.ts';
import { audit, examineNow, type Ledger, liveOf, type Mark, types } from './kill-ledger.ts';
import { killJob, startVictim, type Victim } from './kill-victims.ts';
import { type SourceOfSessions, sourceOfSessions } from './session.ts';

/** What is under way when the kill comes. */
export const kinds = ['put', 'delete', 'checkpoint', 'rewind', 'purge'] as const;
export type Kind = (typeof kinds)[number];

/** What came of the kills. */
export interface Kills {
  /** Processes that were killed while they worked, by what they did. */
  readonly killed: Record<Kind, number>;
  acknowledged: number;
  /** The longest time from the start of a session after a kill to its first answer. */
  readyMs: number;
  readonly wrong: string[];
}

type Random = (below: number) => number;

/** Objects of a source, and so the time that looking at all of them takes, are bounded: then comes a new source. */
const killsOfSource = 30;
const atOnce = 4;

/**
 * Kills sessions and jobs of one source after another until `isEnough`, each at a random moment of its work, and looks
 * after each for everything that was acknowledged.
 */
export const killAll = async (
  { signal, say }: Pick<Conditions, 'signal' | 'say'>,
  dataDir: string,
  random: Random,
  kills: Kills,
  isEnough: () => boolean,
): Promise<void> => {
  for (let index = 0; !isEnough(); index += 1) {
    const name = `victim-${index}`;
    const source = await sourceOfSessions(dataDir, name);
    const ledger: Ledger = { directory: source.directory, fates: new Map() };
    await liveAndDie({ source, ledger, pidFile: join(dataDir, `${name}.pid`), random, kills, signal, say, isEnough });
    await rm(source.directory, { recursive: true });
    say(`${total(kills)} kills, ${kills.acknowledged} answers, ${kills.wrong.length} wrong`);
  }
};

/** How many were killed at work. */
export const total = ({ killed }: Kills): number => Object.values(killed).reduce((sum, count) => sum + count, 0);

interface Life {
  readonly source: SourceOfSessions;
  readonly ledger: Ledger;
  readonly pidFile: string;
  readonly random: Random;
  readonly kills: Kills;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly isEnough: () => boolean;
}

const liveAndDie = async (life: Life): Promise<void> => {
  const { source, ledger, pidFile, random, kills, signal, say, isEnough } = life;
  const marks: Mark[] = [];
  let victim = await startVictim(source, pidFile);
  try {
    for (let count = 0; count < killsOfSource && !isEnough(); count += 1) {
      signal.throwIfAborted();
      const kind = pick(random);
      await send(victim, life, 3 + random(6));
      const killed = await killAt(kind, victim, life, marks);
      await victim.client[Symbol.asyncDispose]();
      victim = await startVictim(source, pidFile);
      kills.readyMs = Math.max(kills.readyMs, victim.readyMs);
      if (killed) kills.killed[kind] += 1;
      const found = await audit(ledger, victim.client);
      kills.wrong.push(...found.map((words) => `${kind}: ${words}`));
      for (const words of found.slice(0, 5)) say(`${kind}: ${words}`);
      // What is wrong once is not counted again.
      if (found.length > 0) return;
      if (kind === 'purge') marks.length = 0;
      if (random(3) === 0) marks.push({ place: (await examineNow(ledger)).seen, live: liveOf(ledger) });
    }
  } finally {
    await victim.kill();
    await victim.client[Symbol.asyncDispose]();
  }
};

/** Uploads and deletions are most of what sessions do; a rewind needs a past, and a purge ends one. */
const pick = (random: Random): Kind => {
  const order: readonly Kind[] = [
    'put',
    'put',
    'put',
    'delete',
    'delete',
    'checkpoint',
    'checkpoint',
    'rewind',
    'rewind',
  ];
  return order[random(order.length + 2)] ?? 'purge';
};

/** Puts `count` objects, and waits for the answers. */
const send = async (victim: Victim, { ledger, random, kills }: Life, count: number): Promise<void> => {
  for (let sent = 0; sent < count; sent += 1) await put(victim, ledger, random, kills);
};

const put = async ({ client }: Victim, { fates }: Ledger, random: Random, kills: Kills): Promise<boolean> => {
  const { path, bytes } = randomObject(1 + random(random(4) === 0 ? 120_000 : 3000), types[random(types.length)]);
  fates.set(path, 'either');
  const taken = await isTaken(client.request('POST', path, bytes));
  if (taken) {
    fates.set(path, 'live');
    kills.acknowledged += 1;
  }
  return taken;
};

const remove = async ({ client }: Victim, { fates }: Ledger, path: string, kills: Kills): Promise<boolean> => {
  fates.set(path, 'either');
  const taken = await isTaken(client.request('DELETE', path));
  if (taken) {
    fates.set(path, 'deleted');
    kills.acknowledged += 1;
  }
  return taken;
};

const isTaken = (answer: Promise<{ readonly status: number }>): Promise<boolean> =>
  answer.then(
    ({ status }) => status === 200,
    () => false,
  );

const killAt = async (kind: Kind, victim: Victim, life: Life, marks: Mark[]): Promise<boolean> => {
  const { ledger, random, kills } = life;
  const inLanes = async (work: () => Promise<boolean>): Promise<void> => {
    const lane = async (): Promise<void> => {
      while (await work());
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  };
  switch (kind) {
    case 'put': {
      const working = inLanes(() => put(victim, ledger, random, kills));
      await sleep(random(120));
      const killed = await victim.kill();
      await working;
      return killed;
    }
    case 'delete': {
      const paths = [...liveOf(ledger)];
      const working = inLanes(async () => {
        const path = paths.splice(random(paths.length || 1), 1)[0];
        return path !== undefined && (await remove(victim, ledger, path, kills));
      });
      await sleep(random(20));
      const killed = await victim.kill();
      await working;
      return killed;
    }
    case 'checkpoint': {
      const ending = victim.client[Symbol.asyncDispose]();
      await sleep(random(12));
      const killed = await victim.kill();
      await ending;
      return killed;
    }
    case 'rewind':
      await victim.client[Symbol.asyncDispose]();
      return killRewind(life, marks);
    case 'purge': {
      await victim.client[Symbol.asyncDispose]();
      for (const [path, fate] of ledger.fates) if (fate === 'deleted') ledger.fates.set(path, 'purgeable');
      const args: z.input<typeof purgeJob.args> = { protectMs: 1, brake: 1, clockSettledAtMs: 0, dryRun: false };
      return killJob(ledger.directory, { name: 'purge', args }, { bytes: random(2000), afterMs: random(3) });
    }
  }
};

/** Kills a rewind, then lets it come to its end, after which exactly the mark's objects are live. */
const killRewind = async ({ ledger, random, kills }: Life, marks: Mark[]): Promise<boolean> => {
  const mark = marks[random(marks.length || 1)];
  if (mark === undefined) return false;
  const { directory, fates } = ledger;
  const context: JobContext = {
    ...{ directory, disk: nodeDisk, now: () => new Date(), pid: process.pid, isAlive: isProcessAlive },
    ...{ signal: new AbortController().signal, progress: () => undefined },
    told: () => Readable.from([]),
  };
  const planned = async () => {
    const to = String(mark.place);
    const { digest } = await planRewindJob.run(context, planRewindJob.args.parse({ to }));
    return { to, digest, acceptMissing: false };
  };
  const when = { bytes: random(2500), afterMs: random(3) };
  const killed = await killJob(directory, { name: 'rewind', args: await planned() }, when);
  const finish = async (): Promise<unknown> => rewindJob.run(context, rewindJob.args.parse(await planned()));
  await finish().catch((error: unknown) => {
    // Opening the source finishes the move that the kill came upon, and then there is one less to show.
    if (error instanceof Problem && error.code === 'plan-changed') return finish();
    throw error;
  });
  for (const [path, fate] of fates) {
    if (mark.live.has(path)) fates.set(path, 'live');
    else if (fate === 'live') fates.set(path, 'deleted');
  }
  kills.acknowledged += 1;
  return killed;
};
