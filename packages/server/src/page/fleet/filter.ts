import { standings } from '../../digest/standing.ts';
import { standingLook } from '../parts/tone.ts';
import type { Stood } from './told.ts';

/** What may be asked of the table: how it stands, or what a source does now. */
export const wishes = [...standings, 'running', 'waiting'] as const;
export type Wish = (typeof wishes)[number];

/** Which sources somebody wants to see. */
export interface Filter {
  /** Part of the name, in any case; empty for all. */
  readonly q: string;
  readonly state: Wish | null;
  /** Whether all of them, however many there are. */
  readonly all: boolean;
}

/** Reads the page's query; what is none of ours is as if it were not there. */
export const filterOf = (query: URLSearchParams): Filter => ({
  q: (query.get('q') ?? '').trim().slice(0, 100),
  state: wishes.find((wish) => wish === query.get('state')) ?? null,
  all: query.has('all'),
});

/** The query that asks for it, with its question mark; empty for the usual page. */
export const queryOf = ({ q, state, all }: Filter): string => {
  const query = new URLSearchParams({
    ...(q !== '' && { q }),
    ...(state !== null && { state }),
    ...(all && { all: '1' }),
  });
  return query.size === 0 ? '' : `?${query}`;
};

/** What the table shows. */
export interface Shown {
  readonly sources: readonly Stood[];
  /** How many fit the filter, shown or not. */
  readonly fitting: number;
  /** Whether any that are left out are in trouble. */
  readonly isTroubleLeft: boolean;
}

/** How many of those that nothing is wrong with are shown at once, where nobody asks for more. */
const mostUnasked = 100;

/** How many of those in trouble: where all of a large fleet are, one reads the first, and a browser has to draw them each second. */
const mostTroubled = 1000;

/** What fits, the worst first and else in the order of sources.yaml: those in trouble, and the first hundred of the others. */
export const shownOf = (sources: readonly Stood[], filter: Filter): Shown => {
  const part = filter.q.toLowerCase();
  const fitting = sources
    .filter(({ source: { name, now }, standing }) => {
      const fits = filter.state === null || filter.state === standing || filter.state === now.kind;
      return fits && name.toLowerCase().includes(part);
    })
    .toSorted((one, other) => standings.indexOf(one.standing) - standings.indexOf(other.standing));
  const troubled = fitting.filter(({ standing }) => isTrouble(standingLook(standing).tone)).length;
  const shown = filter.all ? fitting : fitting.slice(0, Math.min(troubled, mostTroubled) + mostUnasked);
  return { sources: shown, fitting: fitting.length, isTroubleLeft: shown.length < troubled };
};

const isTrouble = (tone: string): boolean => tone === 'bad' || tone === 'warn';
