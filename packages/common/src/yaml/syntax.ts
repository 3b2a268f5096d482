import { type Document, isDocument, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { printable } from '../parsed.ts';
import type { Place } from './finding.ts';
import { placeIn } from './text.ts';
import type { TreeFinding } from './tree.ts';

/** A document that is well-formed YAML 1.2, or the first thing that makes it none. */
export type ParsedSyntax =
  | { readonly ok: true; readonly document: Document; readonly counter: LineCounter }
  | { readonly ok: false; readonly finding: TreeFinding };

/**
 * Parses YAML 1.2 and reports the first mistake only: what follows one is usually its consequence. Never throws.
 * Keys are always text, so that a host called `true` or `1e3` is neither a boolean nor 1000.
 */
export const parseSyntax = (text: string): ParsedSyntax => {
  const counter = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // A file that says it is YAML 1.1 would have `yes` and `0100` mean something else.
  const directive = /^(?:[ \t]*(?:#.*)?\r?\n)*%/.exec(text);
  if (directive !== null)
    return { ok: false, finding: { ...placeIn(text, directive[0].length - 1), ...directiveFound } };
  const document = parseQuietly(text, counter);
  if (!isDocument(document)) return { ok: false, finding: { ...placeIn(text, deepBracket(text)), ...tooDeep } };
  const first = firstOf(document.errors);
  if (first !== null) return { ok: false, finding: explain(first, document, text, place) };
  return { ok: true, document, counter };
};

const firstOf = (errors: readonly YAMLError[]): YAMLError | null =>
  errors.reduce<YAMLError | null>(
    (first, error) => (first === null || error.pos[0] < first.pos[0] ? error : first),
    null,
  );

const parseQuietly = (text: string, counter: LineCounter): Document | null => {
  try {
    return parseDocument(text, {
      lineCounter: counter,
      // At 'silent' the parser would not report a second document.
      logLevel: 'error',
      prettyErrors: false,
      stringKeys: true,
      // Our own check says where the first of the two stands, and is linear.
      uniqueKeys: false,
      version: '1.2',
    });
  } catch (error) {
    // The parser turns a stack it has used up into an error of its own in most places, not in all.
    if (error instanceof RangeError) return null;
    throw error;
  }
};

const explain = (error: YAMLError, document: Document, text: string, place: (offset: number) => Place): TreeFinding => {
  const tab = /^[ ]*\t[ \t]*(?=[^\s#])/m.exec(text);
  if (error.code === 'TAB_AS_INDENT' || tab !== null) return tabFound(tab, error, text, place);
  const at = place(error.pos[0]);
  const atEnd = text.slice(error.pos[0]).trim() === '';
  if (error.code === 'RESOURCE_EXHAUSTION') return { ...place(deepBracket(text)), ...tooDeep };
  if (error.code === 'MULTIPLE_DOCS') return { ...at, ...severalDocuments };
  if (error.code === 'NON_STRING_KEY') return { ...at, ...notAWord };
  if (error.code === 'BAD_ALIAS') return { ...at, ...unreadAlias };
  if (atEnd && (error.code === 'MISSING_CHAR' || error.code === 'BAD_INDENT')) {
    const opened = openedAt(document, error.message.startsWith('Missing closing'));
    const mark = opened === null ? '' : text.charAt(opened);
    if (opened !== null && /['"[{]/.test(mark)) return { ...place(opened), ...neverClosed(mark) };
    return { ...place(text.trimEnd().length), ...unfinished(error.message) };
  }
  const bracket = /^Flow (?:map|sequence) in block collection .* (.)$/.exec(error.message)?.[1];
  const message =
    bracket === undefined
      ? (plainWords[error.message] ?? lowerFirst(error.message))
      : `a ${bracket} is missing before this`;
  const remedy = hint(bracket === undefined ? error.code : 'MISSING_CHAR');
  return { ...at, code: 'syntax', message: `this is not YAML: ${message}`, remedy };
};

/** Where the last quote or bracket of an unfinished file was opened; the parser only says where the file ends. */
const openedAt = (document: Document, quote: boolean): number | null => {
  let here: unknown = document.contents;
  let bracket: number | null = null;
  while (isMap(here) || isSeq(here)) {
    if (here.flow === true && here.range) bracket = here.range[0];
    const last: unknown = here.items.at(-1);
    const pair = isMap(here) ? here.items.at(-1) : undefined;
    here = pair === undefined ? last : (pair.value ?? pair.key);
  }
  return quote ? (isScalar(here) && here.range ? here.range[0] : null) : bracket;
};

const tabFound = (
  tab: RegExpExecArray | null,
  error: YAMLError,
  text: string,
  place: (offset: number) => Place,
): TreeFinding => ({
  ...place(tab === null ? error.pos[0] : text.indexOf('\t', tab.index)),
  code: 'tab',
  message: 'this line is indented with a tab, which YAML does not allow',
  remedy: 'Indent with spaces: two for each level.',
});

/** The first bracket that opens more than 32 levels; where the parser gave up depends on its stack, not on the file. */
const deepBracket = (text: string): number => {
  let depth = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > 32) return index;
  }
  return 0;
};

/** What usually lies behind an error of the parser, where its own words don't say. */
const hint = (code: YAMLError['code']): string => {
  switch (code) {
    case 'BAD_INDENT':
      return 'Indent lines that belong together by the same number of spaces.';
    case 'MISSING_CHAR':
      return 'Add what is missing: every quote and bracket needs its partner, and a colon a space after it.';
    case 'BAD_DQ_ESCAPE':
      return "Use single quotes: between '…' a backslash is just a backslash.";
    case 'BAD_SCALAR_START':
      return 'Put the value in single quotes.';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'Write each key on its own line, and put a value that contains ": " in single quotes.';
    case 'MULTILINE_IMPLICIT_KEY':
      return 'Write a space behind the colon (uid: 1001), and each key on its own line.';
    default:
      return 'Compare the line with its neighbours: a missing quote, bracket, colon or comma is the usual cause.';
  }
};

/** The parser speaks the specification's language; these are its sentences that people meet, in ours. */
const plainWords: Readonly<Record<string, string>> = {
  'All mapping items must start at the same column': 'this line is indented unlike those it belongs to',
  'Block collections are not allowed within flow collections': 'a comma or a closing bracket is missing near here',
  'Implicit keys need to be on a single line': 'a colon with a space behind it is missing in this line',
  'Implicit map keys need to be followed by map values': 'a colon and a value are missing behind this word',
  "Missing closing 'quote": "the ' opened in this line is not closed",
  'Missing closing "quote': 'the " opened in this line is not closed',
  'Nested mappings are not allowed in compact mappings': 'a second ": " stands in this line',
};

/** Some of the parser's sentences quote the file, at any length. */
const lowerFirst = (text: string): string => printable(text.charAt(0).toLowerCase() + text.slice(1), 120);

const unfinished = (message: string) => ({
  code: 'unfinished',
  message: `the file ends in the middle of something: ${lowerFirst(message)}`,
  remedy: 'Close it; or save the file again, if the editor wrote only half of it.',
});

const neverClosed = (mark: string) => ({
  code: 'unfinished',
  message: `the ${mark} that opens here is never closed`,
  remedy: `Write the ${{ '[': ']', '{': '}' }[mark] ?? mark} it needs; or save the file again, if the editor wrote only half of it.`,
});

const tooDeep = {
  code: 'too-deep',
  message: 'this is nested too deeply',
  remedy: 'Close the brackets, or indent less.',
};

const severalDocuments = {
  code: 'several-documents',
  message: 'a second YAML document begins here',
  remedy: 'Delete the line ---, or move what follows to a file of its own.',
};

const notAWord = {
  code: 'not-a-word',
  message: 'this key is not a word',
  remedy: 'Write one word, a colon and a space before the value.',
};

const unreadAlias = {
  code: 'alias',
  message: 'aliases (*) are not read',
  remedy: 'Write the value itself; put a text that begins with * in single quotes.',
};

const directiveFound = {
  code: 'directive',
  message: 'directives (%) are not read; every file is YAML 1.2',
  remedy: 'Delete this line.',
};
