import type { BackupResult } from '../../ingest/backup/arguments.ts';
import type { PhoneFacts } from '../../ingest/facts.ts';
import type { PassResult } from '../../ingest/mirror/pass.ts';
import type { Seen } from './look.ts';
import type { Phone } from './places.ts';

/** What is known of a phone that was never looked at. */
export const newFacts = ({ name, media }: Pick<Phone, 'name' | 'media'>, atMs: number): PhoneFacts => ({
  ...{ name, since: isoOf(atMs), syncthing: null, ingest: null, backup: null },
  mirror: media === null ? null : { last: null, at: null, goodAt: null, failures: 0 },
});

/** What facts are about: of another one's nothing holds any more. */
export const aboutOf = ({ uid, ingest, media }: Pick<Phone, 'uid' | 'ingest' | 'media'>): string =>
  JSON.stringify([uid, ingest.folder, ingest.syncthing?.url, ingest.syncthing?.folderId, media?.to]);

/** True when all that was to be copied was. */
export const isGood = ({ outcome, failed, unreadable }: PassResult): boolean =>
  outcome === 'done' && failed === 0 && unreadable === 0;

/** After a pass that came to an end. One that was told to stop shows nothing of the mirror. */
export const afterPass = (facts: PhoneFacts, result: PassResult, atMs: number): PhoneFacts => {
  const { mirror } = facts;
  if (mirror === null) return facts;
  const at = isoOf(atMs);
  if (result.outcome === 'stopped') return { ...facts, mirror: { ...mirror, last: result, at } };
  const good = isGood(result);
  return {
    ...facts,
    ingest: seenBy(result.outcome),
    mirror: { last: result, at, goodAt: good ? at : mirror.goodAt, failures: good ? 0 : mirror.failures + 1 },
  };
};

/** After a pass that could not even be started, or fell over: `words` say why, without a full stop. */
export const afterFailure = (facts: PhoneFacts, words: string, atMs: number): PhoneFacts => {
  const { mirror } = facts;
  if (mirror === null) return facts;
  const last = { ...(mirror.last ?? nothing), outcome: 'done', failed: 1, firstFailure: words.slice(0, 500) } as const;
  return { ...facts, mirror: { ...mirror, last, at: isoOf(atMs), failures: mirror.failures + 1 } };
};

/** After a look at the folders that found no pass to be possible. Null where one is. */
export const resultOfLook = (
  seen: { readonly ingest: Seen; readonly media: Seen },
  last: PassResult | null,
): PassResult | null => {
  const outcome =
    seen.ingest !== 'ok'
      ? (`ingest-${seen.ingest}` as const)
      : seen.media === 'missing'
        ? 'target-missing'
        : seen.media === 'unreadable'
          ? 'target-unwritable'
          : null;
  if (outcome === null) return null;
  return { ...(last ?? nothing), ...ofThisPass, outcome };
};

/** After a wake of the backup, which looked at the folder first. */
export const afterWake = (facts: PhoneFacts, { ended }: Pick<BackupResult, 'ended'>, atMs: number): PhoneFacts => ({
  ...afterBrokenWake(facts, ended, atMs),
  ingest: ended === 'ingest-missing' ? 'missing' : ended === 'ingest-unreadable' ? 'unreadable' : 'ok',
});

/** After a wake that could not even be started, or fell over: `words` say why. */
export const afterBrokenWake = (facts: PhoneFacts, words: string, atMs: number): PhoneFacts => ({
  ...facts,
  backup: { ended: words.slice(0, 200), at: isoOf(atMs) },
});

const seenBy = (outcome: PassResult['outcome']): PhoneFacts['ingest'] =>
  outcome === 'ingest-missing' ? 'missing' : outcome === 'ingest-unreadable' ? 'unreadable' : 'ok';

/** A pass that did nothing. */
const ofThisPass = {
  ...{ copied: 0, copiedBytes: 0, versions: 0, newlyGone: 0, unsettled: 0, skipped: 0, unreadable: 0, failed: 0 },
  ...{ firstFailure: null, tookMs: 0 },
};

/** What is in a mirror of which nothing is known. */
const nothing: PassResult = {
  ...{ outcome: 'done', files: 0, bytes: 0, gone: 0, renamed: 0, storm: null, ...ofThisPass },
  day: { copied: 0, copiedBytes: 0, versions: 0, gone: 0 },
};

const isoOf = (atMs: number): string => new Date(atMs).toISOString();
