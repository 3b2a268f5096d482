import { decideDigest } from '../../digest/decide.ts';
import { areCut } from '../../digest/events.ts';
import type { DigestModel } from '../../digest/model.ts';
import { type Standing, standingOf } from '../../digest/standing.ts';
import type { ConditionEvent } from '../../events/condition.ts';
import type { Overview, OverviewSource } from '../../monitor/overview.ts';

/** What page and digest say alike, decided once: whether anything needs doing, what, and what happened. */
export type Told = Pick<
  DigestModel,
  'tone' | 'headline' | 'needs' | 'moreNeeds' | 'events' | 'moreEvents' | 'eventsNote'
>;

/** Sources are the page's own table: none of them is told in the digest's way. */
const limits = { full: 0, names: 0, needs: 12, each: 5, events: 25, changes: 0, letters: 600 };

/** The verdict on all of it, as the digest would give it now. */
export const toldOf = (overview: Overview, events: readonly ConditionEvent[], areEventsCut = areCut(events)): Told =>
  decideDigest({ overview, events, areEventsCut, sinceMs: overview.atMs - 2 * 86_400_000, changes: [] }, limits);

/** The verdict on one source: what is about the server, or about others, is not its own. */
export const toldOfSource = (overview: Overview, source: OverviewSource, events: readonly ConditionEvent[]): Told =>
  toldOf(
    {
      ...overview,
      ...{ sources: [source], conditions: overview.conditions.filter((one) => one.source === source.name), tight: [] },
      server: { ...overview.server, coordinator: 'up', coordinatorTrouble: null, clockTrusted: true, refused: null },
    },
    events.filter((event) => event.source === source.name),
    areCut(events),
  );

/** A source and how it stands. */
export interface Stood {
  readonly source: OverviewSource;
  readonly standing: Standing;
}

/** How each source stands, in the order of sources.yaml. */
export const stoodOf = ({ sources, conditions }: Pick<Overview, 'sources' | 'conditions'>): readonly Stood[] => {
  const bySource = Map.groupBy(conditions, ({ source }) => source);
  return sources.map((source) => ({ source, standing: standingOf(source, bySource.get(source.name) ?? []) }));
};
