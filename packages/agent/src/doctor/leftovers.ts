import { readFile, stat } from 'node:fs/promises';
import { parseJson } from '@berth/common/parse-json.ts';
import type { Home } from '../config/home.ts';
import { brokenFile, isLeftBehind, readEntries } from '../recover/state-file.ts';
import { type Finding, failed, fine, warning } from './finding.ts';

/** Did a run that was killed leave something behind that is still to be put right? Puts nothing right itself. */
export const checkLeftovers = async (home: Pick<Home, 'unfinished'>): Promise<readonly Finding[]> => {
  const check = 'left behind';
  const broken = brokenFile(home.unfinished);
  if ((await stat(broken).catch(() => null)) !== null) {
    return [
      failed(
        check,
        `The list of what had to be put right could not be read; it is kept at ${broken}.`,
        'See that every container and unit runs that should, then remove that file.',
      ),
    ];
  }
  const text = await readFile(home.unfinished, 'utf8').catch(() => null);
  if (text === null) return [];
  // Reading it as a run does would put a broken one aside, and that is for a run to do.
  if (parseJson(text) === null) return [failed(check, `${home.unfinished} can't be read.`, 'Run: berth recover')];
  const entries = await readEntries(home.unfinished);
  const left = [];
  for (const entry of entries) if (await isLeftBehind(entry)) left.push(entry.thing.kind);
  if (left.length === 0) return [fine(check, 'only what a run that goes on has in hand')];
  const kinds = [...new Set(left)].join(', ');
  return [warning(check, `A run that was killed left ${left.length} behind (${kinds}).`, 'Run: berth recover')];
};
