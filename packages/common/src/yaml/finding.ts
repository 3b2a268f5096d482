import { Problem } from '../problem.ts';

/** Where something stands in a file: both count from 1, as editors do; a tab is one column. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing a person has to change in a file: where, what is wrong there, and what to write instead. */
export interface Finding extends Place {
  readonly file: string;
  /** Stable, for programs and tests: `unknown-key`, `duplicate-uid`, … */
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** More findings than this help nobody; the rest are counted. */
const mostPrinted = 20;

/** `file:line:column: what is wrong`, and on the next line, indented, what to write instead. */
export const formatFinding = ({ file, line, column, message, remedy }: Finding): string =>
  `${file}:${line}:${column}: ${message}\n    ${remedy.replaceAll('\n', '\n    ')}`;

/** Findings in the order of the file, at most 20 of them, without a newline at the end. */
export const formatFindings = (findings: readonly Finding[]): string => {
  const sorted = findings.toSorted((one, other) => one.line - other.line || one.column - other.column);
  const more = sorted.length - mostPrinted;
  const lines = sorted.slice(0, mostPrinted).map(formatFinding);
  return (more > 0 ? [...lines, `… and ${more} more`] : lines).join('\n');
};

/** The findings as one error with the code `invalid-config`, for commands that stop at them. */
export const problemOf = (findings: readonly Finding[]): Problem =>
  new Problem('invalid-config', formatFindings(findings), 'Change what is listed above, then run the command again.');
