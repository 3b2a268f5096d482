import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import { textOf, writeWhole } from '../../events/json-file.ts';
import type { ConfigChange } from '../../monitor/overview.ts';
import { describeDiff } from '../../sources/describe-diff.ts';
import { diffConfigs, isEmptyDiff } from '../../sources/diff.ts';
import type { ServerConfig } from '../../sources/source.ts';

const changesFile = (dataDir: string): string => join(dataDir, 'changes.jsonl');

const entry = z.object({ at: z.iso.datetime(), lines: z.array(z.string()) });

/** So many changes are kept, and so many lines of each, none longer than that. */
const [mostChanges, mostLines, longestLine] = [500, 200, 500];

/** What the change from one sources.yaml to the next does, as `berth-server check` says it; null where nothing takes effect. */
export const changeBetween = (before: ServerConfig, after: ServerConfig, atMs: number): ConfigChange | null => {
  const diff = diffConfigs(before, after);
  if (isEmptyDiff(diff)) return null;
  const lines = describeDiff(diff).map((line) => line.slice(0, longestLine));
  const more = lines.length - mostLines;
  return { atMs, lines: more > 0 ? [...lines.slice(0, mostLines), `… and ${more} lines more`] : lines };
};

/** What came into force since then, the oldest first. Lines that are no changes are skipped. */
export const readChanges = (dataDir: string, sinceMs: number): readonly ConfigChange[] =>
  textOf(changesFile(dataDir))
    .split('\n')
    .flatMap((line) => entry.safeParse(parseJson(line)).data ?? [])
    .map(({ at, lines }) => ({ atMs: Date.parse(at), lines }))
    .filter(({ atMs }) => atMs >= sinceMs);

/** Adds one to those that are kept, and lets go of the oldest. Throws the disk's errors; then all is as before. */
export const addChange = (dataDir: string, change: ConfigChange): void => {
  const kept = [...readChanges(dataDir, Number.NEGATIVE_INFINITY), change].slice(-mostChanges);
  const path = changesFile(dataDir);
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    const text = kept.map(({ atMs, lines }) => `${JSON.stringify({ at: new Date(atMs).toISOString(), lines })}\n`);
    writeWhole(file, Buffer.from(text.join('')));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
};
