import { type AgentConfig, agentSchema } from '@berth/agent/config/schema.ts';

/** Syncthing's own: its marker, the versions it sets aside, and what it has not finished (https://docs.syncthing.net/users/syncing.html#temporary-files). */
const syncthingsOwn = ['.stfolder', '.stversions', '.syncthing.*', '~syncthing~*'];

/**
 * What the agent.yaml of a phone would say. Retention, prune and check are the server's (sources.yaml) or the agent's defaults; nothing is
 * left out but what Syncthing has for itself and what the admin names. Patterns are restic's: one that begins with `/` begins at the top of
 * `ingest`, any other matches at any depth. restic is to run in that folder, so that a snapshot begins with what is in it. No hooks; who
 * starts the program has seen to its priority; and retries end before the next wake but a few.
 */
export const ingestConfig = (about: {
  readonly name: string;
  readonly ingest: string;
  readonly exclude: readonly string[];
}): AgentConfig => {
  const { name, ingest, exclude } = about;
  const config = agentSchema.parse({
    // Never dialled: it only tells this server's answers from another's.
    server: `${name}@localhost`,
    name,
    paths: [ingest],
    exclude: { patterns: [...syncthingsOwn, ...exclude.map((pattern) => anchored(pattern, ingest))], caches: false },
    priority: { nice: 0, ionice: 'normal' },
    retry: { for: '1h' },
  });
  return { ...config, paths: ['.'] };
};

/** restic compares whole paths, so a pattern from the top needs the folder in front (restic: doc/040_backup.rst, "Excluding Files"). */
const anchored = (pattern: string, ingest: string): string => {
  const [, not = '', path = ''] = /^(!?)(.*)$/s.exec(pattern) ?? [];
  if (!path.startsWith('/')) return pattern;
  // What means something in a pattern is only a letter in the folder's name.
  return `${not}${ingest.replaceAll(/[\\*?[]/g, '\\$&')}${path}`;
};
