import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Coordinator } from '../server/coordinator.ts';
import { formatDestination } from '../transport/destination.ts';
import { type CachedAssignment, cachedFrom, writeAssignment } from './assignment.ts';
import { type Handed, handIn } from './outbox.ts';

interface Reached {
  readonly home: Home;
  readonly config: Pick<AgentConfig, 'server'>;
  readonly coordinator: Coordinator;
  readonly now: () => Date;
}

/** Hands in the reports that wait, and then learns when the next run should be. `withinMs` bounds the first. Never rejects. */
export const handOver = async (args: Reached & { readonly withinMs: number }): Promise<Handed> => {
  const { home, coordinator, now, withinMs } = args;
  const signal = AbortSignal.timeout(withinMs);
  const handed = await handIn({ places: home, coordinator, now, signal, deadlineMs: withinMs });
  if (handed.detail === null) await refreshAssignment(args);
  return handed;
};

/** Asks for the assignment and keeps it for later; null when the server does not say. Never rejects. */
export const refreshAssignment = async ({
  home,
  config,
  coordinator,
  now,
}: Reached): Promise<CachedAssignment | null> => {
  const answer = await coordinator.assignment();
  if (answer.kind !== 'ok') return null;
  const cached = cachedFrom(answer.value, now());
  await writeAssignment(home.assignment, formatDestination(config.server), cached);
  return cached;
};
