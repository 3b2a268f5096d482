import type { Covered, CoveredUnit } from '../databases/coverage.ts';
import type { Uncovered } from '../uncovered/uncovered.ts';
import { moment, printable, size, span, table } from './words.ts';

/** What `berth databases` says to people. `isRead`: the repository could be asked. */
export const databasesText = (covered: readonly Covered[], uncovered: readonly Uncovered[], isRead: boolean): string =>
  [coveredText(covered, isRead), failures(covered).join(''), uncoveredText(uncovered)]
    .filter((part) => part !== '')
    .join('\n');

const coveredText = (covered: readonly Covered[], isRead: boolean): string => {
  if (covered.length === 0) return 'No database is backed up: agent.yaml has no "databases:".\n';
  const heading = ['NAME', 'ENGINE', 'DATABASE', 'LAST DUMP', 'AGE', 'SIZE', 'CHECKED BY'];
  return table(
    heading,
    covered.flatMap((entry) => {
      const name = printable(entry.isInConfig ? entry.entry : `${entry.entry} (not in agent.yaml)`);
      if (entry.units.length === 0) return [[name, entry.engine, '', isRead ? 'never' : 'not known', '', '', '']];
      return entry.units.map((unit) => [name, entry.engine, databaseText(unit), ...unitTexts(unit)]);
    }),
  );
};

/** What belongs to no single database is told by its file, where there are others beside it. */
const databaseText = ({ database, file }: CoveredUnit): string => printable(database ?? `(${file})`);

const checkers = { tool: 'its own tool', stream: 'form and sums', none: 'nobody' } as const;

const unitTexts = ({ time, ageMs, bytes, verified }: CoveredUnit): readonly string[] => [
  moment(time),
  span(ageMs).split(' ').slice(0, 2).join(' '),
  bytes === null ? '' : size(bytes),
  verified === null ? '' : checkers[verified],
];

const failures = (covered: readonly Covered[]): readonly string[] =>
  covered.flatMap(({ entry, failure }) =>
    failure === null
      ? []
      : [
          `The last dump of ${printable(entry)} was not good (${printable(failure)}). Look why: berth status, berth doctor\n`,
        ],
  );

const uncoveredText = (uncovered: readonly Uncovered[]): string => {
  if (uncovered.length === 0) return '';
  const shown = uncovered.slice(0, 30);
  const lines = shown.map(
    ({ engine, where, isGuess }) => `  ${engine}${isGuess ? ' perhaps' : ''}: ${printable(where)}\n`,
  );
  const more =
    uncovered.length > shown.length ? `  and ${uncovered.length - shown.length} more: berth databases --json\n` : '';
  const proposals = shown.map(({ proposal }) => `  ${printable(proposal)}\n`);
  return `Runs here and is not covered:\n${lines.join('')}${more}\nAdd to agent.yaml what of it matters, and look with "berth doctor":\ndatabases:\n${proposals.join('')}`;
};
