import type { Policy } from '@berth/common/control/policy.ts';
import type { AgentConfig } from './schema.ts';

/** What one run keeps, and how often it prunes and checks. */
export interface RunPolicy {
  readonly retention: AgentConfig['retention'];
  readonly prune: AgentConfig['prune'];
  readonly check: AgentConfig['check'];
}

/**
 * The admin's policy joined with agent.yaml. The server's word is a floor: what agent.yaml writes itself counts where it keeps more, prunes
 * or checks more often, or checks more. Where it writes nothing the server's stands alone, and where the server says nothing agent.yaml.
 */
export const policyOf = (config: AgentConfig, server: Policy): RunPolicy => ({
  retention: server.retention === null ? config.retention : retentionOf(config, server.retention),
  prune: {
    ...config.prune,
    every: server.prune === null ? config.prune.every : moreOften(config.own.prune.every, server.prune.everyMs),
  },
  check:
    server.check === null
      ? config.check
      : {
          every: moreOften(config.own.check.every, server.check.everyMs),
          share: Math.max(config.own.check.share ?? 0, server.check.sharePercent),
        },
});

const retentionOf = (
  { own, retention }: AgentConfig,
  server: NonNullable<Policy['retention']>,
): AgentConfig['retention'] => {
  const floor = {
    daily: Math.max(own.retention.daily ?? 0, server.daily),
    weekly: Math.max(own.retention.weekly ?? 0, server.weekly),
    monthly: Math.max(own.retention.monthly ?? 0, server.monthly),
    yearly: Math.max(own.retention.yearly ?? 0, server.yearly),
    keep_within: Math.max(own.retention.keep_within ?? 0, server.keepWithinMs),
  };
  // Both sides refuse to keep nothing. Should one slip through nevertheless, it is not what empties a repository.
  const counts = floor.daily + floor.weekly + floor.monthly + floor.yearly;
  return counts > 0 ? floor : { ...retention, keep_within: Math.max(retention.keep_within, floor.keep_within) };
};

const moreOften = (own: number | undefined, server: number): number => Math.min(own ?? server, server);
