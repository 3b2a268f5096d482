import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { commentedConfig } from '../config/example.ts';
import type { Home } from '../config/home.ts';
import { loadConfig } from '../config/load.ts';
import { type Destination, formatDestination } from '../transport/destination.ts';
import { writeNew } from './write-new.ts';

/**
 * Writes the commented agent.yaml unless there is one. An existing one is kept; 'other-server' when it names another destination
 * than this enrolment, which the person should know. Throws a `Problem` for one that cannot be read.
 */
export const writeConfig = async (args: {
  readonly home: Home;
  readonly destination: Destination;
  readonly name: string;
  /** Absolute; empty proposes some. */
  readonly paths: readonly string[];
}): Promise<'written' | 'kept' | 'other-server'> => {
  const server = formatDestination(args.destination);
  const paths = args.paths.length > 0 ? args.paths : await proposePaths(process.getuid?.() ?? 0);
  if (await writeNew(args.home.config, commentedConfig({ server, name: args.name, paths }), 0o600)) return 'written';
  const existing = await loadConfig(args.home.config);
  return formatDestination(existing.server) === server ? 'kept' : 'other-server';
};

/** For root what only this machine has, for a person the home: what packages bring can be installed again. */
const proposePaths = async (uid: number): Promise<readonly string[]> => {
  if (uid !== 0 || process.platform !== 'linux') return [homedir()];
  const proposed = ['/etc', '/home', '/root', '/srv', '/usr/local', '/var/lib'];
  const there = await Promise.all(
    proposed.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return proposed.filter((_, index) => there[index]);
};
