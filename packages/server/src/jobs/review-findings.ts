import type { Bytes } from '@berth/common/brand.ts';
import { formatSize, isBytes } from '@berth/common/size.ts';
import type { Freeze } from '../store/purge/brake.ts';
import type { Oddity } from '../store/purge/churn.ts';
import type { Finding } from './review.ts';

interface Reviewed {
  readonly source: string;
  readonly frozen: Freeze | null;
  readonly oddities: readonly Oddity[];
  readonly usage: { readonly live: { readonly bytes: Bytes }; readonly trash: { readonly bytes: Bytes } };
  readonly quotaBytes: Bytes | null;
}

/** What was found, in words for a person. */
export const findingsOf = ({ source, frozen, oddities, usage, quotaBytes }: Reviewed): readonly Finding[] => [
  ...(frozen === null ? [] : [massDelete(source, frozen)]),
  ...oddities.map((oddity) => (oddity.kind === 'burst' ? burst(source, oddity) : backdated(source, oddity))),
  ...quotaFindings(usage, quotaBytes),
];

const massDelete = (source: string, { what, share, removed, from, to }: Freeze): Finding => ({
  key: 'mass-delete',
  severity: 'critical',
  text:
    `${percent(share)} of its ${what === 'snapshots' ? 'snapshots' : 'bytes'} were deleted within a day: ` +
    `${removedWords(removed)}, from ${utc(from.at)} to ${utc(to.at)}. Nothing is lost: its trash is frozen, so that nothing is purged.`,
  remedy:
    `If nobody meant this, take its key out of sources.yaml and look at what it was just before: berth-server rewind ${source} --to ${from.seq} --dry-run. ` +
    `If it was meant: berth-server release ${source}`,
});

const burst = (source: string, { snapshots, usual, first, last }: Extract<Oddity, { kind: 'burst' }>): Finding => ({
  key: 'snapshot-burst',
  severity: 'warning',
  text:
    `${snapshots} snapshots arrived within a day, from ${utc(first.at)} to ${utc(last.at)}` +
    `${usual === null ? '.' : `; ${usual < 10 ? usual.toFixed(1).replace(/\.0$/, '') : Math.round(usual)} a day are usual.`} ` +
    'Many new snapshots can make a retention policy forget the old ones.',
  remedy: `Look at what makes backups on this machine, and at its snapshots as they were before: berth-server history ${source}. The place is ${first.seq}.`,
});

const backdated = (source: string, oddity: Extract<Oddity, { kind: 'backdated' }>): Finding => ({
  key: 'backdated-churn',
  severity: 'warning',
  text:
    `${oddity.removed} of ${oddity.of} snapshots went that had stood for days, from ${utc(oddity.first.at)} to ${utc(oddity.last.at)}, ` +
    'while as many new ones came, so that their number hides it. It was not so in the week before. Nothing is lost: they are in the trash.',
  remedy: `If nobody changed what is kept, look at what it was just before: berth-server rewind ${source} --to ${oddity.first.seq} --dry-run`,
});

const quotaFindings = ({ live, trash }: Reviewed['usage'], quotaBytes: Bytes | null): readonly Finding[] => {
  if (quotaBytes === null) return [];
  const share = (live.bytes + trash.bytes) / quotaBytes;
  if (share < 0.8) return [];
  const full = share >= 0.95;
  return [
    {
      key: full ? 'quota-95' : 'quota-80',
      severity: full ? 'critical' : 'warning',
      text:
        `${percent(share)} of its quota of ${formatSize(quotaBytes)} is used: ${formatSize(live.bytes)} live and ${formatSize(trash.bytes)} in the trash. ` +
        'At 100% its backups are refused, and nothing is purged early for that.',
      remedy:
        'Raise its quota in sources.yaml, or let the machine keep less: what it deletes leaves the trash when its protection ends.',
    },
  ];
};

/** What was removed, as people count it. */
export const removedWords = ({ snapshots, objects, bytes }: Freeze['removed']): string =>
  `${count(snapshots, 'snapshot')} and ${count(objects - snapshots, 'other object')}, ${isBytes(bytes) ? formatSize(bytes) : '?'}`;

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

/** Rounded down, so that 100% is all of it. */
const percent = (share: number): string => `${Math.floor(share * 100)}%`;

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
