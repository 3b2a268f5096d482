import type { Container } from '../containers/containers.ts';
import { type EntryPlace, isCovered } from './covered.ts';
import { nameIn, propose } from './propose.ts';
import { type Running, runningDatabases } from './running.ts';
import { openSqliteFiles } from './sqlite-files.ts';

/** A database that runs here and that no entry of agent.yaml means. */
export interface Uncovered {
  readonly engine: Running['engine'];
  /** For people: where, and by what it was known. */
  readonly where: string;
  /** Whether only its port says so. */
  readonly isGuess: boolean;
  /** A line for `databases:`. */
  readonly proposal: string;
}

/** Looks around on this machine. Reads only, bounded, and without root sees less. */
export const findUncovered = async (about: {
  /** `/proc`. */
  readonly proc: string;
  readonly paths: readonly string[];
  /** berth's own folders. */
  readonly own: readonly string[];
  readonly entries: readonly (EntryPlace & { readonly name: string })[];
  readonly containers: readonly Container[];
  /** Whether `berth.database` of a container's labels is heeded. */
  readonly labels: boolean;
  readonly isRoot: boolean;
}): Promise<readonly Uncovered[]> => {
  const { proc, containers, labels, isRoot } = about;
  const found = [
    ...(await runningDatabases(proc, containers)),
    ...(await openSqliteFiles(proc, about.paths, about.own)),
  ];
  const taken = new Set(about.entries.map(({ name }) => name));
  return found
    .filter((running) => !isCovered(running, about.entries) && !(labels && isLabelled(running)))
    .map((running) => {
      const proposal = propose(running, taken, isRoot);
      taken.add(nameIn(proposal));
      return { engine: running.engine, where: whereText(running), isGuess: running.isGuess, proposal };
    });
};

const isLabelled = ({ at }: Running): boolean =>
  at.kind === 'container' && at.container?.labels['berth.database'] !== undefined;

const whereText = ({ at, process, isGuess }: Running): string => {
  if (at.kind === 'file') return `${at.path}, open in ${process}`;
  if (at.kind === 'container') {
    return at.container === null
      ? `a container, ${at.id.slice(0, 12)}`
      : `the container ${at.container.name} (${at.container.image})`;
  }
  const port = at.port === null ? '' : `port ${at.port}`;
  if (isGuess) return `${port}, by its number alone`;
  const socket = at.socket === null ? '' : at.socket;
  return [port, socket, `process ${process}`].filter((part) => part !== '').join(', ');
};
