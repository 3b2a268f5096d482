import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import { type Condition, type ConditionEvent, conditionSchema, eventSchema } from './condition.ts';
import { readJson, replaceJson, setBrokenAside, textOf, writeWhole } from './json-file.ts';

const conditionsFile = (dataDir: string): string => join(dataDir, 'conditions.json');
const historyFile = (dataDir: string): string => join(dataDir, 'events.jsonl');
const olderHistoryFile = (dataDir: string): string => join(dataDir, 'events.1.jsonl');

const conditions = z.object({ version: z.literal(1), conditions: z.array(conditionSchema) });

/** What is open, the longest first; none where the file is missing or broken. */
export const readConditions = (dataDir: string): readonly Condition[] => {
  const read = readJson(conditionsFile(dataDir), conditions);
  return read.kind === 'ok' ? read.value.conditions : [];
};

/** As `readConditions`, for whoever is about to write: a broken file is set aside, and said where. */
export const takeConditions = (
  dataDir: string,
): { readonly open: readonly Condition[]; readonly aside: string | null } => {
  const path = conditionsFile(dataDir);
  const read = readJson(path, conditions);
  if (read.kind === 'broken') return { open: [], aside: setBrokenAside(path) };
  return { open: read.kind === 'ok' ? read.value.conditions : [], aside: null };
};

/** Replaces what is open. */
export const writeConditions = (dataDir: string, open: readonly Condition[]): void =>
  replaceJson(conditionsFile(dataDir), { version: 1, conditions: open });

/** Some thousands of events. The file before it is kept too. */
const longestHistoryBytes = 1024 ** 2;

/** Adds to the history, one JSON line for each event. A line that was torn by a power cut stays alone. */
export const appendEvents = (dataDir: string, events: readonly ConditionEvent[]): void => {
  if (events.length === 0) return;
  const path = historyFile(dataDir);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > longestHistoryBytes) {
    renameSync(path, olderHistoryFile(dataDir));
  }
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  const file = openSync(path, 'a+', 0o600);
  try {
    writeWhole(file, Buffer.from(endsMidLine(file) ? `\n${lines}` : lines));
  } finally {
    closeSync(file);
  }
};

/** The history, oldest first. Lines that are no events are skipped. */
export const readEvents = (dataDir: string): readonly ConditionEvent[] =>
  [olderHistoryFile(dataDir), historyFile(dataDir)]
    .flatMap((path) => textOf(path).split('\n'))
    .flatMap((line) => eventSchema.safeParse(parseJson(line)).data ?? []);

const endsMidLine = (file: number): boolean => {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
};
