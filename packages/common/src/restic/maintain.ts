import type { z } from 'zod';
import { isJsonObject, parseJson } from '../parse-json.ts';
import { type BoundRestic, type Call, document, invoke } from './invoke.ts';
import { checkSummarySchema, forgetSchema, pruneSummarySchema } from './messages.ts';
import type { ResticResult } from './result.ts';

/** Which snapshots stay. Only those of `host` with all of `tags` are looked at. */
export interface ForgetRequest {
  readonly host: string;
  readonly tags: readonly string[];
  /** Each group keeps by itself what `keep` says; all are one group (`host`) unless said. */
  readonly groupBy?: 'host' | 'host,paths' | 'host,tags' | 'host,paths,tags';
  readonly keep: {
    readonly daily?: number;
    readonly weekly?: number;
    readonly monthly?: number;
    readonly yearly?: number;
    /** The floor: nothing younger goes. Hours, because restic knows no smaller unit. */
    readonly withinHours?: number;
    readonly last?: number;
  };
}

/** How many snapshots stayed and went. */
export interface ForgetSummary {
  readonly kept: number;
  readonly removed: number;
}

/**
 * Applies the retention. For files all snapshots of the host and tags form one group (`--group-by host`), so that a change of
 * `paths` does not leave a group of old snapshots behind that nothing ever thins out. Dumps form one per file name
 * (`host,paths`): the snapshots of a day are not each other's versions.
 */
export const forget = async (
  restic: BoundRestic,
  request: ForgetRequest,
  call: Call,
): Promise<ResticResult<ForgetSummary>> => {
  const { keep } = request;
  const within = keep.withinHours === undefined ? [] : ['--keep-within', `${Math.ceil(keep.withinHours)}h`];
  const counts = (['last', 'daily', 'weekly', 'monthly', 'yearly'] as const).flatMap((name) => {
    const count = keep[name];
    return count === undefined || count === 0 ? [] : [`--keep-${name}`, String(count)];
  });
  const selection = ['--host', request.host, ...(request.tags.length === 0 ? [] : ['--tag', request.tags.join(',')])];
  const args = ['forget', ...selection, '--group-by', request.groupBy ?? 'host', ...within, ...counts];
  const result = await document(restic, forgetSchema, args, call);
  return 'value' in result ? { ...result, value: forgetSummary(result.value) } : result;
};

const forgetSummary = (groups: z.output<typeof forgetSchema>): ForgetSummary => ({
  kept: groups.reduce((sum, { keep }) => sum + keep.length, 0),
  removed: groups.reduce((sum, { remove }) => sum + remove.length, 0),
});

/** Bytes prune took away and left; null where restic's words do not say. */
export interface PruneSummary {
  readonly bytesRemoved: number | null;
  readonly bytesRemaining: number | null;
}

/** Removes data no snapshot uses. `maxUnused` as restic reads it: `5%`, `1G`, `unlimited`. */
export const prune = async (
  restic: BoundRestic,
  { maxUnused }: { readonly maxUnused: string },
  call: Call,
): Promise<ResticResult<PruneSummary>> => {
  let value: PruneSummary = { bytesRemoved: null, bytesRemaining: null };
  const ended = await invoke(restic, {
    args: ['prune', '--max-unused', maxUnused],
    call,
    onLine: (line) => {
      const summary = line.startsWith('{') ? pruneSummarySchema.safeParse(parseJson(line)) : null;
      if (summary?.success === true) {
        const { remove_total: bytesRemoved, remaining: bytesRemaining } = summary.data.bytes;
        value = { bytesRemoved, bytesRemaining };
      }
      value = {
        bytesRemoved: sizeAfter('total prune', line) ?? value.bytesRemoved,
        bytesRemaining: sizeAfter('remaining', line) ?? value.bytesRemaining,
      };
    },
  });
  if (ended.kind !== 'ended') return ended;
  return ended.exitCode === 0 ? { ...ended.said, kind: 'ok', value } : ended.failed;
};

/** `total prune:   4 blobs / 871 B`, `remaining:   5 blobs / 293.941 KiB`. */
const sizeAfter = (label: string, line: string): number | null => {
  const [, words, number, prefix = ''] = /^([a-z ]+): +\d+ blobs \/ ([\d.]+) ([KMGT]?)i?B/.exec(line) ?? [];
  if (words !== label || number === undefined) return null;
  return Math.round(Number(number) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf(prefix));
};

/**
 * Checks the repository's structure and, of its data, `readDataSubset` as restic reads it: `5%`, `1/20`. Damage is the
 * failure `damaged`, with restic's words about each part.
 */
export const check = async (
  restic: BoundRestic,
  { readDataSubset }: { readonly readDataSubset: string | null },
  call: Call,
): Promise<ResticResult<null>> => {
  let errors = 0;
  const ended = await invoke(restic, {
    args: ['check', ...(readDataSubset === null ? [] : ['--read-data-subset', readDataSubset])],
    call,
    onLine: (line) => {
      const json = line.startsWith('{') ? parseJson(line) : null;
      const summary = isJsonObject(json) ? checkSummarySchema.safeParse(json) : null;
      if (summary?.success === true) errors = summary.data.num_errors;
    },
  });
  if (ended.kind !== 'ended') return ended;
  if (ended.exitCode === 0 && errors === 0) return { ...ended.said, kind: 'ok', value: null };
  // A summary also ends a check that could not lock; then the failure has a name of its own.
  return ended.failed.kind === 'failed' && errors > 0 ? { ...ended.failed, kind: 'damaged' } : ended.failed;
};

/** Removes locks whose process is gone; with `all` every lock, also those of living processes. */
export const unlock = async (
  restic: BoundRestic,
  { all }: { readonly all: boolean },
  call: Call,
): Promise<ResticResult<null>> => {
  const ended = await invoke(restic, { args: ['unlock', ...(all ? ['--remove-all'] : [])], call });
  if (ended.kind !== 'ended') return ended;
  return ended.exitCode === 0 ? { ...ended.said, kind: 'ok', value: null } : ended.failed;
};
