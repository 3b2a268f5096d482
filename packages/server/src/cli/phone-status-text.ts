import { printable } from '@berth/common/parsed.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { PhoneFacts, SyncthingState } from '../ingest/facts.ts';
import type { PassResult } from '../ingest/mirror/pass.ts';
import type { SourceRun } from '../status/coordinated.ts';
import { paint } from '../status/paint.ts';
import { agoWords } from '../status/when.ts';
import type { Phone } from '../supervisor/phones/places.ts';
import { endings } from './phone-mirror-text.ts';

/** The newest run of a phone's backup; `endedAt` is UTC. */
export type LastRun = Pick<SourceRun, 'outcome' | 'endedAt'>;

/**
 * What `phone status` says of a phone: a line of each thing that has to work. `facts` are null before the server's first look, `lastRun` is
 * before the first backup.
 */
export const phoneLines = (
  phone: Phone,
  { facts, lastRun }: { readonly facts: PhoneFacts | null; readonly lastRun: LastRun | null },
  nowMs: number,
): readonly string[] => {
  const rows: readonly (readonly [what: string, words: string])[] =
    facts === null
      ? [['server', bad('has not looked after it yet')]]
      : [
          ['phone', seenWords(phone, facts.syncthing, nowMs)],
          ['syncthing', syncthingWords(phone, facts.syncthing)],
          ['folder', `${printable(phone.ingest.folder, 200)}: ${folderWords(facts.ingest)}`],
          ...mirrorRows(phone, facts.mirror, nowMs),
          ['backup', backupWords(facts.backup, lastRun, nowMs)],
        ];
  return [phone.name, ...rows.map(([what, words]) => `  ${what.padEnd(11)}${words}`)];
};

const bad = (words: string): string => paint('red', words);
const odd = (words: string): string => paint('yellow', words);

const seenWords = (phone: Phone, state: SyncthingState | null, nowMs: number): string => {
  if (state?.kind !== 'up') return 'nobody can say when it was seen';
  if (state.phoneSeenAt === null) return odd('has never connected to this Syncthing');
  const seenMs = Date.parse(state.phoneSeenAt);
  const words = `seen ${agoWords(seenMs, nowMs)}`;
  const limit = phone.ingest.unseenAfterMs;
  return limit !== null && nowMs - seenMs > limit ? bad(words) : words;
};

const syncthingWords = (phone: Phone, state: SyncthingState | null): string => {
  if (phone.ingest.syncthing === null) return 'is not asked: there is no syncthing: in its ingest';
  if (state === null) return 'has not answered yet';
  switch (state.kind) {
    case 'down':
      return bad(`does not answer: ${printable(state.detail, 200)}`);
    case 'refused':
      return bad(`${refusals[state.why]}: ${printable(state.detail, 200)}`);
    case 'unknown-folder':
      return bad(`has no folder ${printable(phone.ingest.syncthing.folderId, 100)}`);
    case 'nonsense':
      return bad(`is not understood: ${printable(state.detail, 200)}`);
    case 'up':
      return upWords(state);
  }
};

const refusals = {
  key: 'does not take the API key',
  'host-check': 'does not want to be asked by this address',
  certificate: 'shows another certificate',
} as const;

const upWords = ({
  paused,
  error,
  needItems,
  pullErrors,
  version,
}: SyncthingState & { readonly kind: 'up' }): string => {
  const who = printable(version, 50);
  if (error !== null) return `${who}, ${bad(`stopped: ${printable(error, 200)}`)}`;
  if (paused !== 'no') return `${who}, ${odd(`the ${paused} is paused`)}`;
  const failed = pullErrors === 0 ? '' : `, ${odd(`${count(pullErrors, 'file')} could not be fetched`)}`;
  return `${who}, ${needItems === 0 ? 'nothing left to fetch' : `${count(needItems, 'file')} to fetch`}${failed}`;
};

const folderWords = (ingest: PhoneFacts['ingest']): string => {
  if (ingest === 'missing') return bad('is not there, or has no .stfolder');
  if (ingest === 'unreadable') return bad("can not be read by the phone's UID");
  return ingest === null ? 'not looked at yet' : 'fine';
};

const mirrorRows = (
  { media }: Phone,
  mirror: PhoneFacts['mirror'],
  nowMs: number,
): readonly (readonly [string, string])[] => {
  if (media === null || mirror === null) return [['mirror', 'none: there is no media in sources.yaml']];
  const { last, at, goodAt } = mirror;
  const place = printable(media.to, 200);
  if (last === null || at === null) return [['mirror', `${place}: no pass has ended yet`]];
  const when = agoWords(Date.parse(at), nowMs);
  const state =
    last.outcome === 'done' && last.failed === 0
      ? `all is copied, looked at ${when}`
      : `${bad(passWords(last))}, ${when}; ${goodAt === null ? 'never whole so far' : `whole ${agoWords(Date.parse(goodAt), nowMs)}`}`;
  const { day } = last;
  return [
    ['mirror', `${place}: ${state}`],
    [
      '',
      `${count(last.files, 'file')}, ${size(last.bytes)}; ${last.gone.toLocaleString('en')} of them gone from the phone and kept`,
    ],
    [
      'last 24 h',
      `${day.copied.toLocaleString('en')} copied (${size(day.copiedBytes)}), ${count(day.versions, 'older version')} kept, ${day.gone.toLocaleString('en')} gone from the phone`,
    ],
  ];
};

/** Why a pass was not what it should be. */
const passWords = (last: PassResult): string => {
  if (last.outcome === 'done')
    return `${count(last.failed, 'file')} failed: ${printable(last.firstFailure ?? '', 200)}`;
  return endings[last.outcome];
};

const backupWords = (backup: PhoneFacts['backup'], lastRun: LastRun | null, nowMs: number): string => {
  const last =
    lastRun === null ? odd('none yet') : `${runs[lastRun.outcome]}, ${agoWords(Date.parse(lastRun.endedAt), nowMs)}`;
  // That it is not due, or has just run, says the last run.
  const now =
    backup === null || quiet.has(backup.ended) ? '' : `; now: ${wakes[backup.ended] ?? printable(backup.ended, 200)}`;
  return `${last}${now}`;
};

const runs: Readonly<Record<LastRun['outcome'], string>> = {
  ok: 'whole',
  incomplete: odd('made, but not all of it'),
  failed: bad('failed'),
  busy: odd('another one was at work'),
  cancelled: odd('was stopped'),
};

const quiet: ReadonlySet<string> = new Set(['ran', 'not-due']);

/** How a wake of the backup ended, where its word says too little. */
const wakes: Readonly<Record<string, string>> = {
  waiting: 'waits for its slot',
  'ingest-missing': bad("the phone's folder is not there"),
  'ingest-unreadable': bad("the phone's folder can not be read"),
};

const count = (number: number, what: string): string =>
  `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;

const size = (bytes: number): string => {
  const whole = Math.round(bytes);
  return isBytes(whole) ? formatSize(whole) : '-';
};
