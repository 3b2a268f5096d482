import { lstat, rm } from 'node:fs/promises';
import { basename, relative, sep } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Containers } from '../containers/containers.ts';
import { killLeftBehind } from './process.ts';
import type { Recovered, RecoverWorld } from './recover.ts';
import type { Noted } from './things.ts';

type Single = Exclude<Noted, { readonly kind: 'container' }>;

/** Puts one thing right that stands for itself. Never throws: what fails is kept, with the reason. */
export const putRight = async (
  thing: Noted,
  about: {
    readonly world: RecoverWorld;
    readonly state: string;
    readonly containers: () => Promise<Containers>;
    readonly signal: AbortSignal;
  },
): Promise<Recovered> => {
  const what = whatOf(thing);
  try {
    if (thing.kind === 'container') throw new Error('containers are started together');
    const words = await act(thing, about);
    return { kind: thing.kind, what, outcome: 'done', reason: null, words };
  } catch (error) {
    const reason = error instanceof Problem ? error.code : 'not-put-right';
    const words = error instanceof Error ? error.message : String(error);
    return { kind: thing.kind, what, outcome: reason in lostFor ? 'lost' : 'kept', reason, words };
  }
};

/** What no later try can mend. */
const lostFor: Readonly<Record<string, true>> = { 'entry-gone': true, 'not-ours': true };

/** What a thing is called for people. */
const whatOf = (thing: Noted): string => {
  switch (thing.kind) {
    case 'container':
      return `container ${thing.name}`;
    case 'unit':
      return `unit ${thing.unit}`;
    case 'process':
      return `process ${thing.pid}`;
    case 'exec':
      return `process ${thing.pid} in a container`;
    case 'snapshot':
      return `${thing.type} snapshot ${thing.name}`;
    case 'folder':
      return `folder ${thing.path}`;
    case 'undo':
      return `setting of ${thing.entry}`;
  }
};

/** Resolves with words where there is something to say. */
const act = async (
  thing: Single,
  { world, state, containers, signal }: Parameters<typeof putRight>[1],
): Promise<string | null> => {
  switch (thing.kind) {
    case 'unit':
      await world.startUnit(thing, signal);
      return 'started again';
    case 'process':
      if (await killLeftBehind(thing)) return null;
      throw new Problem('still-running', 'It does not end, not even when killed.', 'Restart this machine.');
    case 'exec':
      return endExec(thing, await containers(), signal);
    case 'snapshot':
      await world.removeSnapshot(thing, signal);
      return 'removed';
    case 'folder':
      return removeFolder(thing.path, state);
    case 'undo':
      await world.putBack(thing, signal);
      return 'put back';
  }
};

/** A container that was started since, or made anew, has no process of ours any more. */
const endExec = async (
  thing: Noted & { readonly kind: 'exec' },
  containers: Containers,
  signal: AbortSignal,
): Promise<string | null> => {
  const container = (await containers.list()).find(({ id }) => id === thing.container);
  if (container === undefined || container.state !== 'running' || container.startedAt !== thing.startedAt) return null;
  // With its group, of which an engine makes it the leader. Few images have a program kill, but every shell has the word.
  const script = 'kill -9 -"$1" 2>/dev/null || kill -9 "$1" 2>/dev/null || :';
  await containers.exec(container, { argv: ['sh', '-c', script, 'berth', `${thing.pid}`], user: '0' }, signal);
  return null;
};

const removeFolder = async (path: string, state: string): Promise<string | null> => {
  if (!isOurs(path, state)) {
    throw new Problem('not-ours', 'berth makes no such folder: it was left alone.', 'Look what it is.');
  }
  if ((await lstat(path).catch(() => null)) === null) return null;
  await rm(path, { recursive: true, force: true });
  return 'removed';
};

/**
 * What a run makes and removes again: dumps and scratch folders in the state folder, where much else lies that must stay; `.berth-…` beside what a restore
 * replaces; and the mount point of take.ts. A folder that is only called berth is not among them: it may be the one with the keys.
 */
const isOurs = (path: string, state: string): boolean => {
  const [top = ''] = relative(state, path).split(sep);
  const isBeside = /^\.berth-[\w.-]+$/.test(basename(path)) && relative(path, state).startsWith('..');
  return top === 'databases' || top === 'scratch' || isBeside || /^\/run\/berth-[0-9a-f]+$/.test(path);
};
