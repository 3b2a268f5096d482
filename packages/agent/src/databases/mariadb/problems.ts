import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { lastWord, wordsOf } from '../collect.ts';
import type { Place } from '../place.ts';
import type { ToolEnd } from '../tool.ts';
import { placeName } from '../world.ts';

/** The numbers are the same in every language. https://mariadb.com/kb/en/mariadb-error-code-reference/ */
const refusals = new Set(['1044', '1045', '1130', '1142', '1143', '1227', '1251', '1370', '1698', '1820', '2059']);
const absences = new Set(['2002', '2003', '2005', '2006', '2012', '2013', '2026', '2055', '1040', '1053']);

/** `ERROR 1045 (28000): …` of the client, `Got error: 1045: …` of the dump. */
const numberOf = ({ stderr }: ToolEnd): string | null => {
  for (const line of [...stderr].reverse()) {
    const number = /(?:ERROR |[Ee]rror: )(\d{4})\b/.exec(line)?.[1];
    if (number !== undefined) return number;
  }
  return null;
};

/** Whether what a tool says is that the user lacks a right. */
export const isRefusal = (end: ToolEnd): boolean => refusals.has(numberOf(end) ?? '');

/** Why a tool ended badly. `bytes` is what it had written by then: one that had begun failed midway, whatever the number. */
export const clientProblem = (
  end: ToolEnd,
  about: { readonly place: Place; readonly what: string; readonly bytes: number },
): Problem => {
  const { place, what, bytes } = about;
  const number = numberOf(end) ?? '';
  const word = printable(lastWord(end, 'it said nothing'), 300);
  const cause = wordsOf(end);
  if (refusals.has(number)) {
    return new Problem(
      'database-refused',
      `The server at ${placeName(place)} does not let berth have ${what}: ${word}.`,
      'Look at "user:" and the password in agent.yaml. The user needs SELECT, SHOW VIEW, TRIGGER, EVENT and PROCESS on *.*.',
      { cause },
    );
  }
  if (number === '1049' && bytes < 1_000) {
    const remedy = 'Correct "only:" in agent.yaml, or bring it back: berth restore-db.';
    return new Problem(
      'database-missing',
      `The server at ${placeName(place)} does not have ${what}: ${word}.`,
      remedy,
      {
        cause,
      },
    );
  }
  if (absences.has(number) && bytes === 0) {
    return new Problem(
      'database-unreachable',
      `No server answers at ${placeName(place)}: ${word}.`,
      'See whether it runs, and whether "at:" in agent.yaml is where it listens.',
      { cause },
    );
  }
  const how = end.code === null ? 'was ended by a signal' : `ended with code ${end.code}`;
  return new Problem(
    'dump-failed',
    `The copy of ${what} ${how}: ${word}.`,
    'The next run tries again; the words of the tool say what to look at.',
    { cause },
  );
};
