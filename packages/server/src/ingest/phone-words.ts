import { formatSize, isBytes } from '@berth/common/size.ts';
import type { Source } from '../sources/source.ts';
import type { PhoneFacts, SyncthingState } from './facts.ts';

/** What sources.yaml says of a phone, as far as people are told. */
export interface PhonePlan {
  /** Where its files arrive, on the machine that holds them. */
  readonly folder: string;
  /** Where they are mirrored to, there too: photos and videos, or all there is. Null without a mirror. */
  readonly mirror: { readonly folder: string; readonly types: 'media' | 'all' } | null;
  /** Where Syncthing answers; null where nobody is asked. */
  readonly syncthing: string | null;
}

/** Null for a source that is no phone. */
export const phonePlanOf = ({ ingest, media }: Pick<Source, 'ingest' | 'media'>): PhonePlan | null =>
  ingest === null
    ? null
    : {
        folder: ingest.folder,
        mirror: media === null ? null : { folder: media.to, types: media.types },
        syncthing: ingest.syncthing?.url ?? null,
      };

/** How long ago: `2 h ago`. */
export type Ago = (atMs: number) => string;

/**
 * What came of a phone and what became of it, in a line for digest, page and `status`: of the last 24 hours, and how long ago Syncthing saw
 * it. Without a full stop. Null where nothing is to be said: neither a mirror nor a Syncthing to ask.
 */
export const phoneLine = (plan: PhonePlan, facts: PhoneFacts | null, ago: Ago): string | null =>
  [mirrorWords(plan, facts, ago), syncthingWords(plan, facts, ago)].filter((words) => words !== null).join('. ') ||
  null;

/** What the mirror did within a day, and what it holds. Null without one. */
export const mirrorWords = ({ mirror: plan }: PhonePlan, facts: PhoneFacts | null, ago: Ago): string | null => {
  if (plan === null) return null;
  const { last = null, goodAt = null, failures = 0 } = facts?.mirror ?? {};
  if (last === null) return failures > 0 ? 'No pass of its mirror was complete yet' : 'Its mirror has not begun yet';
  const { copied, versions, gone } = last.day;
  // What was edited was copied too.
  const came = Math.max(0, copied - versions);
  const happened = [
    came > 0 ? `${many(came)} ${thing(plan, came)} came` : null,
    versions > 0 ? `${many(versions)} ${versions === 1 ? 'was' : 'were'} edited (older versions kept)` : null,
    gone > 0 ? `${many(gone)} deleted on the phone ${gone === 1 ? 'stays' : 'stay'} in the mirror` : null,
  ].filter((words) => words !== null);
  const held = `${many(last.files)} ${last.files === 1 ? 'file' : 'files'}${isBytes(last.bytes) ? `, ${formatSize(last.bytes)}` : ''}`;
  const late =
    failures === 0 ? '' : goodAt === null ? ', never complete yet' : `, last complete ${ago(Date.parse(goodAt))}`;
  return happened.length === 0
    ? `Nothing new came; the mirror holds ${held}${late}`
    : `${happened.join(', ')} (${held}${late})`;
};

/** Whoever looks at a gallery calls it photos, though some of them move. */
const thing = ({ types }: { readonly types: 'media' | 'all' }, count: number): string =>
  types === 'all' ? (count === 1 ? 'file' : 'files') : count === 1 ? 'photo' : 'photos';

/** When Syncthing saw the phone, or why it can not be asked. Null where nobody asks. */
export const syncthingWords = ({ syncthing }: PhonePlan, facts: PhoneFacts | null, ago: Ago): string | null => {
  if (syncthing === null) return null;
  const state = facts?.syncthing ?? null;
  if (state === null) return 'Syncthing has not been asked yet';
  return state.kind === 'up' ? upWords(state, ago) : stateWords[state.kind];
};

const upWords = (
  { phoneSeenAt, paused, error, needItems }: Extract<SyncthingState, { readonly kind: 'up' }>,
  ago: Ago,
): string => {
  const seen =
    phoneSeenAt === null
      ? 'Syncthing has not seen the phone yet'
      : `Syncthing saw the phone ${ago(Date.parse(phoneSeenAt))}`;
  if (paused !== 'no') return `${seen}, and the ${paused} is paused there`;
  if (error !== null) return `${seen}, and has stopped its folder`;
  return needItems > 0
    ? `${seen}, ${many(needItems)} ${needItems === 1 ? 'file is' : 'files are'} still to come`
    : seen;
};

const stateWords: Readonly<Record<Exclude<SyncthingState['kind'], 'up'>, string>> = {
  down: 'Syncthing does not answer',
  refused: 'Syncthing refuses to answer',
  'unknown-folder': 'Syncthing does not know its folder',
  nonsense: 'What should be Syncthing is not',
};

const many = (count: number): string => count.toLocaleString('en-GB');
