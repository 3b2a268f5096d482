import { Problem } from '@berth/common/problem.ts';
import type { Container, Containers, Group } from './containers.ts';
import { type BerthLabels, readLabels } from './labels.ts';
import { stopOrder } from './order.ts';
import { type Lookup, pathsToCopy } from './paths.ts';
import { neededByRun } from './self.ts';
import type { ContainersSettings, NamedContainers } from './settings.ts';

/** A group with what is copied of it. */
export interface PlannedGroup {
  readonly group: Group & { readonly kind: 'containers' };
  /** On this machine, sorted, none within another. */
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
  /** Why it can not be done: a name that nobody has, a label that can not be read, a path that is not here. Nothing is stopped then. */
  readonly problem: Problem | null;
}

/** What planning takes from the world. */
export interface GroupsWorld extends Lookup {
  /** The container this process runs in: self.ts. */
  readonly own: string | null;
}

const usualTimeoutMs = 15 * 60_000;

/**
 * What is to be made quiet and copied: what agent.yaml names, then what labels say of the rest. A compose project is one group, and so is
 * each container without one, and each with `berth.backup=exec`. The container this runs in, and a proxy it talks to the engine through, are
 * never in any. Changes nothing. Throws what the engine throws.
 */
export const planGroups = async (
  settings: ContainersSettings,
  containers: Pick<Containers, 'where' | 'list' | 'hostPath'>,
  world: GroupsWorld,
): Promise<readonly PlannedGroup[]> => {
  const all = await containers.list();
  const taken = new Set<string>();
  const wanted: Wanted[] = settings.stop.map((entry) => byName(entry, all));
  for (const { members } of wanted) for (const { id } of members) taken.add(id);
  if (settings.labels) wanted.push(...byLabels(all.filter(({ id }) => !taken.has(id))));
  return Promise.all(wanted.map((one) => plan(one, all, containers, world)));
};

interface Wanted {
  readonly name: string;
  readonly how: 'stop' | 'pause' | 'exec';
  readonly members: readonly Container[];
  readonly timeoutMs: number;
  /** On this machine; null for what `labelled` or the mounts say. */
  readonly paths: readonly string[] | null;
  readonly isLabelled: boolean;
  readonly faults: readonly string[];
}

const byName = (entry: NamedContainers, all: readonly Container[]): Wanted => {
  const { name, compose, how, timeoutMs, paths } = entry;
  const members = all.filter((container) =>
    compose === null ? container.name === name : container.compose?.project === compose && !container.compose.oneOff,
  );
  const what = compose === null ? `container "${name}"` : `container of the compose project "${compose}"`;
  const faults = members.length === 0 ? [`There is no ${what}.`] : [];
  return { name: compose ?? name ?? '', how, members, timeoutMs, paths, isLabelled: false, faults };
};

const byLabels = (all: readonly Container[]): readonly Wanted[] => {
  const groups = new Map<string, { readonly container: Container; readonly labels: BerthLabels }[]>();
  for (const container of all) {
    const labels = readLabels(container.labels);
    const isMeant = labels.how !== null || labels.faults.length > 0;
    if (!isMeant || container.compose?.oneOff) continue;
    const name = labels.how === 'exec' || container.compose === null ? container.name : container.compose.project;
    groups.set(name, [...(groups.get(name) ?? []), { container, labels }]);
  }
  return [...groups].toSorted().map(([name, members]) => {
    const hows = new Set(members.map(({ labels }) => labels.how));
    return {
      name,
      // One that is only paused beside one that is stopped would still answer the others: the stricter counts for all.
      how: hows.has('stop') ? 'stop' : hows.has('pause') ? 'pause' : 'exec',
      members: members.map(({ container }) => container),
      timeoutMs: Math.max(...members.map(({ labels }) => labels.timeoutMs ?? 0)) || usualTimeoutMs,
      paths: null,
      isLabelled: true,
      faults: members.flatMap(({ container, labels }) => labels.faults.map((fault) => `${container.name}: ${fault}`)),
    };
  });
};

const plan = async (
  wanted: Wanted,
  all: readonly Container[],
  containers: Pick<Containers, 'where' | 'hostPath'>,
  world: GroupsWorld,
): Promise<PlannedGroup> => {
  const warnings: string[] = [];
  const members = wanted.members.filter((container) => {
    const why = neededByRun(container, { own: world.own, where: containers.where });
    if (why === null) return true;
    const words = why === 'agent' ? 'berth runs in it' : 'berth talks to the engine through it';
    warnings.push(`${container.name} keeps running: ${words}.`);
    return false;
  });
  const { name, how, timeoutMs, faults } = wanted;
  const group = { kind: 'containers', name, how, containers: stopOrder(members), timeoutMs } as const;
  if (faults.length > 0) return { group, paths: [], warnings, problem: unclear(name, faults) };
  const found = await pathsToCopy(members, wanted, containers, world);
  const shared = wanted.how === 'exec' ? [] : alsoWritten(found.paths, members, all);
  return {
    group,
    paths: found.paths,
    warnings: [...warnings, ...found.warnings, ...shared],
    problem: found.faults.length > 0 ? unclear(name, found.faults) : null,
  };
};

/** Data of a container that is quiet is not, where another one writes to it. */
const alsoWritten = (
  paths: readonly string[],
  members: readonly Container[],
  all: readonly Container[],
): readonly string[] =>
  all
    .filter((other) => other.state === 'running' && !members.some(({ id }) => id === other.id))
    .flatMap((other) => {
      const mount = other.mounts.find(({ source, writable }) => writable && paths.includes(source));
      return mount === undefined ? [] : [`${other.name} keeps running, and may write to ${mount.source}.`];
    });

const unclear = (name: string, faults: readonly string[]): Problem =>
  new Problem(
    'quiesce-failed',
    `${name} was not stopped and not copied: ${faults.join(' ')}`,
    'Look at the labels (docker inspect), and at containers: in agent.yaml: docs/containers.md says what they may be.',
  );
