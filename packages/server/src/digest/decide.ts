import type { Condition } from '../events/condition.ts';
import type { Overview, OverviewSource } from '../monitor/overview.ts';
import type { DigestFacts } from './digest.ts';
import { areCut, eventStories } from './events.ts';
import type { Limits } from './limits.ts';
import type { DigestModel, Need } from './model.ts';
import { needsOf } from './needs.ts';
import { sourceStory } from './source-story.ts';
import { type Standing, standingOf, standings, standingWords, type Tone } from './standing.ts';
import { storageStory } from './storage.ts';
import { type Clock, clockAt, count, plain } from './words.ts';

/** What the digest says of these facts. Never throws, whatever a source called itself or wrote. */
export const decideDigest = (facts: DigestFacts, limits: Limits): DigestModel => {
  const { overview, sinceMs } = facts;
  const { atMs, server } = overview;
  const clock = clockAt(atMs, server.timeZone);
  const stood = standingsOf(overview);
  const isEmpty = overview.sources.length === 0;
  const needs = [...needsOf(overview, clock, limits), ...(isEmpty ? [nobody] : [])];
  const counted = countedWords(stood);
  const full = stood.slice(0, limits.full);
  const isCut = facts.areEventsCut ?? areCut(facts.events);
  const events = eventStories(facts.events, atMs, isCut);
  return {
    subject: subjectOf(counted, needs, stood),
    tone: toneOf(needs),
    headline: headlineOf(needs),
    counts: countsOf(stood, counted),
    ...{ server: plain(server.name, 80), now: clock.now, timeZone: plain(server.timeZone, 40) },
    url: webUrl(server.pageUrl),
    ...{ needs: needs.slice(0, limits.needs), moreNeeds: Math.max(0, needs.length - limits.needs) },
    sources: full.map(({ source, open }) => sourceStory(source, open, clock, limits)),
    others: othersOf(stood.slice(limits.full), limits.names),
    since: clock.moment(sinceMs),
    ...{ events: events.slice(0, limits.events), moreEvents: Math.max(0, events.length - limits.events) },
    eventsNote: isCut ? cutWords(facts, clock) : null,
    storage: storageStory(overview.disk, atMs, clock),
    ...changesOf(facts, clock, limits),
    footer: footerOf(overview, clock),
  };
};

interface Stood {
  readonly source: OverviewSource;
  readonly open: readonly Condition[];
  readonly standing: Standing;
}

/** Those in trouble first, the worst of them first; otherwise as they are in sources.yaml. */
const standingsOf = ({ sources, conditions }: Overview): readonly Stood[] => {
  const bySource = Map.groupBy(conditions, ({ source }) => source);
  return sources
    .map((source) => {
      const open = bySource.get(source.name) ?? [];
      return { source, open, standing: standingOf(source, open) };
    })
    .sort((a, b) => standings.indexOf(a.standing) - standings.indexOf(b.standing));
};

const countsOf = (stood: readonly Stood[], counted: string): string => {
  if (stood.length === 0) return 'No machine is in sources.yaml yet.';
  return isAllFine(stood) ? `All ${stood.length} sources are fine` : `${count(stood.length, 'source')}: ${counted}`;
};

const isAllFine = (stood: readonly Stood[]): boolean =>
  stood.length > 1 && stood.every(({ standing }) => standing === 'fine');

/** What is fine goes first, since that is what one wants to read; then the worst. */
const countedWords = (stood: readonly Stood[]): string => {
  const bad = standings.filter((standing) => standing !== 'fine');
  const words = (['fine', ...bad] as const).flatMap((standing) => {
    const many = stood.filter((one) => one.standing === standing).length;
    return many === 0 ? [] : [`${many} ${standingWords[standing].counted}`];
  });
  return isAllFine(stood) ? `all ${stood.length} fine` : words.join(', ');
};

const longestSubject = 120;

/** The verdict in one line. What no state says, such as a full disk, follows by its worst. */
const subjectOf = (counted: string, needs: readonly Need[], stood: readonly Stood[]): string => {
  const verdict = stood.length === 0 ? 'nobody backs up yet' : counted;
  const besides = needs.flatMap(({ short, severity }) => (short === null || severity === 'notice' ? [] : [short]));
  const more = besides.length > 1 ? ` and ${besides.length - 1} more` : '';
  const [first] = besides;
  const rest = first === undefined ? '' : `${isAllFine(stood) ? ', but' : ';'} ${first}${more}`;
  const subject = plain(`berth: ${verdict}${rest}`, 1000);
  // Cut between the two halves of a character it would be no character.
  return subject.length <= longestSubject
    ? subject
    : `${subject.slice(0, longestSubject - 3).replace(/\p{Cs}$/u, '')}...`;
};

const toneOf = (needs: readonly Need[]): Tone => {
  const worst = (['critical', 'warning', 'notice'] as const).find((tone) =>
    needs.some(({ severity }) => severity === tone),
  );
  return worst ?? 'good';
};

/** Whether anything needs doing. What can wait is not said to need anything. */
const headlineOf = (needs: readonly Need[]): string => {
  const now = needs.filter(({ severity }) => severity === 'critical').length;
  const today = needs.filter(({ severity }) => severity === 'warning').length;
  const later = needs.length - now - today;
  if (needs.length === 0) return 'Nothing needs doing';
  if (now + today === 0) return `Nothing needs doing today; ${count(later, 'thing')} can wait`;
  const things = now + today === 1 ? '1 thing needs' : `${now + today} things need`;
  if (now === 0) return `${things} doing today`;
  if (today === 0) return `${things} doing now`;
  return `${things} doing, ${now} of them now`;
};

const nobody: Need = {
  ...{ severity: 'warning', title: 'Nobody backs up here yet', texts: ['No machine is in sources.yaml.'], since: '' },
  remedies: ['On each machine, set it up; it prints the lines for sources.yaml: berth enroll'],
  ...{ short: null, sources: [] },
};

/** Counts, and names as far as there is room. */
const othersOf = (stood: readonly Stood[], most: number): DigestModel['others'] => {
  let room = most;
  return standings.flatMap((standing) => {
    const names = stood.filter((one) => one.standing === standing).map(({ source }) => plain(source.name, 80));
    if (names.length === 0) return [];
    const shown = names.slice(0, room);
    room -= shown.length;
    const left = names.length - shown.length;
    const list = [...shown, ...(left === 0 ? [] : [shown.length === 0 ? 'not named here' : `and ${left} more`])].join(
      ', ',
    );
    return [{ standing, words: `${names.length} ${standingWords[standing].counted}: ${list}` }];
  });
};

const changesOf = (
  { changes }: DigestFacts,
  clock: Clock,
  limits: Limits,
): Pick<DigestModel, 'changes' | 'moreChanges'> => {
  let room = limits.changes;
  const lines = changes.reduce((sum, change) => sum + change.lines.length, 0);
  const shown = changes.flatMap((change) => {
    const kept = change.lines.slice(0, room).map((line) => plain(line, limits.letters));
    room -= kept.length;
    return kept.length === 0 ? [] : [{ at: clock.moment(change.atMs), lines: kept }];
  });
  return { changes: shown, moreChanges: Math.max(0, lines - limits.changes) };
};

const cutWords = ({ events: [first] }: DigestFacts, clock: Clock): string =>
  `So much happened that only what came ${first === undefined ? 'last' : `since ${clock.moment(Date.parse(first.at))}`} is told. All of it: berth-server events`;

/** Nothing but the web: what a configuration says becomes a link. */
const webUrl = (url: string | null): string | null => {
  if (url === null || !URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
};

const footerOf = ({ server }: Overview, clock: Clock): readonly string[] => [
  `berth ${plain(server.version, 40)} on ${plain(server.name, 80)}, up since ${clock.moment(server.startedAtMs)}. Times are by the clock of ${plain(server.timeZone, 40)}.`,
  'This mail comes every day, also when all is well. On a day without it, look at the server.',
];
