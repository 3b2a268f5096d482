import type { OverviewSource } from '../../monitor/overview.ts';
import { policyWords } from '../../status/policy-words.ts';
import type { Stored } from '../../status/stored.ts';
import { agoWords } from '../../status/when.ts';
import { durationWords, type Reader } from '../fleet/row.ts';
import { html, type Markup, type Piece } from '../parts/markup.ts';
import { count, sizeWords, stampWords } from '../parts/words.ts';
import { dumpsPiece } from './databases.ts';

/** What is agreed with this source, and what the server found of it. */
export const facts = (source: OverviewSource, { nowMs, timeZone }: Reader): Markup => {
  const { access, everyMs, window, overdueAfterMs, protectMs, quotaBytes, stored } = source;
  const { keeps, prunes, checks } = policyWords(source);
  const often = `every ${durationWords(everyMs)}${window === null ? '' : ` in ${window}`}`;
  return html`<section class="card" id="facts" aria-labelledby="h-facts"><h2 id="h-facts">Plan and policy</h2>${terms([
    ['comes', access === 'sftp' ? `by SFTP, about every ${durationWords(everyMs)}` : often],
    ['overdue after', durationWords(overdueAfterMs)],
    [
      'deleted files stay',
      `${durationWords(protectMs)}${access === 'sftp' && !source.immutable ? ', which SFTP does not promise' : ''}`,
    ],
    ['quota', quotaBytes === null ? 'none' : sizeWords(quotaBytes)],
    ...(access === 'sftp'
      ? []
      : ([
          ['keeps', keeps],
          ['prunes', prunes],
          ['checks', checks],
        ] as const)),
    ...(source.lastRun?.dumps == null ? [] : [['databases', dumpsPiece(source.lastRun.dumps)] as const]),
    ...(stored === null ? [] : storedTerms(stored, { nowMs, timeZone })),
    ['known since', stampWords(source.knownSinceMs, nowMs, timeZone)],
    ['sessions', String(source.sessions)],
    ['uid', String(source.uid)],
    ...(source.ingest === null ? [] : [['key', 'none: it is backed up on this server'] as const]),
    ...source.keyFingerprints.slice(0, 10).map((key) => ['key', html`<code>${key}</code>`] as const),
  ])}</section>`;
};

/** A list of what is called how. */
export const terms = (all: readonly (readonly [string, Piece])[]): Markup =>
  html`<dl class="terms">${all.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;

const storedTerms = (stored: Stored, { nowMs, timeZone }: Reader): readonly (readonly [string, Piece])[] => {
  const { scrub, frozen, damaged, locks, live, at } = stored;
  return [
    ...(frozen === null
      ? []
      : [
          [
            'frozen',
            html`<b class="bad">nothing of its trash is purged</b> since ${stampWords(Date.parse(frozen.since), nowMs, timeZone)}`,
          ] as const,
        ]),
    ...(damaged === 0 ? [] : [['damaged', html`<b class="bad">${count(damaged, 'stored file')}</b>`] as const]),
    ['stored files', String(live.objects)],
    ['proved', scrub === null ? 'not yet' : scrubWords(scrub, nowMs)],
    ['locks', locks.count === 0 ? 'none' : String(locks.count)],
    ['looked at', agoWords(Date.parse(at), nowMs)],
  ];
};

const scrubWords = ({ percent, endedAt, bad, at }: NonNullable<Stored['scrub']>, nowMs: number): string => {
  const found = bad === 0 ? 'nothing bad' : `${bad} bad`;
  return endedAt === null
    ? `${percent} % of all bytes in this round, ${found}; last ${agoWords(Date.parse(at), nowMs)}`
    : `all bytes, ${agoWords(Date.parse(endedAt), nowMs)}, ${found}`;
};
