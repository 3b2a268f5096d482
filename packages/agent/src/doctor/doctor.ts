import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import { openWorld } from '../restore-db/world.ts';
import type { Destination } from '../transport/destination.ts';
import { findUncovered } from '../uncovered/uncovered.ts';
import { checkClock } from './clock.ts';
import { checkContainers } from './containers.ts';
import { checkDatabases } from './databases.ts';
import { checkFiles } from './files.ts';
import { type Finding, failed, skipped } from './finding.ts';
import { checkLeftovers } from './leftovers.ts';
import { checkPaths } from './paths.ts';
import { checkPrivileges } from './privileges.ts';
import { checkNode, checkSsh } from './programs.ts';
import { proposals } from './propose.ts';
import { checkRepository } from './repository.ts';
import { checkRestic } from './restic.ts';
import { checkServer } from './server.ts';
import { checkSpace } from './space.ts';

/** What the doctor needs of agent.yaml. */
export interface Examined extends Pick<AgentConfig, 'databases' | 'containers'> {
  readonly server: Destination;
  readonly paths: readonly string[];
}

/**
 * Looks at every part a backup needs, from this machine to the repository, and changes nothing. `config` is null where agent.yaml could not be
 * read, which the caller tells. `onFinding` gets each finding as it comes.
 */
export const examine = async (args: {
  readonly home: Home;
  readonly config: Examined | null;
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onFinding: (finding: Finding) => void;
}): Promise<readonly Finding[]> => {
  const { home, config, uid, onFinding } = args;
  const findings: Finding[] = [];
  const add = (...found: readonly Finding[]): void => {
    findings.push(...found);
    for (const finding of found) onFinding(finding);
  };
  add(checkNode(process.versions.node));
  const restic = await checkRestic(args.env);
  add(restic.finding, await checkSsh('ssh'));
  add(...(await checkFiles(home, uid)));
  add(await checkClock(home, args.now), await checkSpace(home.cache));
  const { finding, reach } = await checkPrivileges(uid, restic.path);
  add(finding);
  if (config === null) {
    add(skipped('paths', 'not known without agent.yaml'), skipped('server', 'not known without agent.yaml'));
    return findings;
  }
  add(...(await checkPaths(config.paths, reach)));
  add(...(await checkLeftovers(home)), ...(await checkBeside(config, args)));
  const server = await checkServer(config.server, home);
  add(...server);
  if (server.some(({ state }) => state === 'failed')) add(skipped('repository', 'not reached'));
  else add(await checkRepository(config.server, home, args.signal));
  return findings;
};

/** What is backed up beside the files, and what runs here and is not. */
const checkBeside = async (
  config: Examined,
  args: Pick<Parameters<typeof examine>[0], 'home' | 'env' | 'uid' | 'signal'>,
): Promise<readonly Finding[]> => {
  const { home, env, signal } = args;
  await using opened = await openWorld({ home, config, env, signal });
  const { entries, containers, world } = opened;
  const uncovered = await findUncovered({
    ...{ proc: '/proc', paths: config.paths, own: [home.directory, home.state], entries, containers },
    ...{ labels: config.containers?.labels === true, isRoot: args.uid === 0 },
  });
  return [
    ...checkContainers(config.containers, opened),
    ...(await checkDatabases(entries, world, signal)),
    ...proposals(uncovered),
  ];
};

/** The finding for an agent.yaml that cannot be used. */
export const configFailed = (message: string, remedy: string): Finding => failed('agent.yaml', message, remedy);
