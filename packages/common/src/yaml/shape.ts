import { z } from 'zod';
import { printable, quoted } from '../parsed.ts';
import { choicesAt, exampleAt, insteadOf, knownKeys, schemaAt, valueAt } from './schema-walk.ts';
import { didYouMean } from './suggest.ts';

/** What zod found, in our words and with its place in the tree: the place of a key or of a value. */
export interface ShapeFinding {
  readonly path: readonly PropertyKey[];
  readonly side: 'key' | 'value';
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** For an unknown key: the path that was probably meant, so that it need not be reported as missing too. */
  readonly meant?: readonly PropertyKey[];
  /** For a key that is missing: those any of which would do as well. */
  readonly others?: readonly (readonly PropertyKey[])[];
}

/** One zod issue → findings (several for several unknown keys). `example` is a whole small file. */
export const shapeFindings = (
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  root: unknown,
  example: string,
): readonly ShapeFinding[] => {
  const { path } = issue;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, schema, root));
    case 'invalid_key':
      return issue.issues.map((inner) => ({ ...custom(inner), path, side: 'key' }));
    case 'custom':
      return [{ ...custom(issue), ...othersOf(issue), path, side: 'value' }];
    case 'invalid_type':
      return [wrongType(issue.expected, path, schema, root, example)];
    case 'invalid_union':
      return [noChoice(path, schema, root)];
    case 'invalid_value':
      // Nothing is written where one of a few words must stand.
      if (valueAt(root, path) === undefined) return [wrongType('a word', path, schema, root, example)];
      return [outOfRange(issue, schema, root)];
    default:
      return [outOfRange(issue, schema, root)];
  }
};

const outOfRange = (issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown): ShapeFinding => ({
  path: issue.path,
  side: 'value',
  code: 'out-of-range',
  message: `${nameOf(issue.path, schema, root)} ${limits(issue)}`,
  remedy: remedyFrom(exampleAt(schema, issue.path, root)),
});

const custom = (issue: z.core.$ZodIssue) => {
  const params: Readonly<Record<string, unknown>> = 'params' in issue && issue.params !== undefined ? issue.params : {};
  const { code, remedy } = params;
  return {
    code: typeof code === 'string' ? code : 'invalid',
    message: issue.message,
    remedy: typeof remedy === 'string' ? remedy : 'Correct this value.',
  };
};

/** A schema says `params: { others: ['keys'] }` where a key is missing that a neighbour of that name would make needless. */
const othersOf = ({ params, path }: z.core.$ZodIssueCustom): Pick<ShapeFinding, 'others'> => {
  const others: unknown = params?.['others'];
  if (!Array.isArray(others)) return {};
  return { others: others.filter((key) => typeof key === 'string').map((key) => [...path.slice(0, -1), key]) };
};

const unknownKey = (key: string, path: readonly PropertyKey[], schema: z.ZodType, root: unknown): ShapeFinding => {
  const instead = insteadOf(schema, path, root, key);
  const known = knownKeys(schema, path, root);
  const meant = instead === null ? didYouMean(key, known) : instead.key;
  const where = path.length === 0 ? '' : ` in ${nameOf(path, schema, root)}`;
  const list = `Known here: ${known.join(', ')}.`;
  return {
    path: [...path, key],
    side: 'key',
    code: 'unknown-key',
    message:
      instead === null
        ? `unknown key ${quoted(key)}${where}`
        : (instead.message ?? `${quoted(key)} does not stand in this file`),
    remedy: instead?.remedy ?? (meant === null ? list : `Did you mean ${meant}? ${list}`),
    ...(meant === null ? {} : { meant: [...path, meant] }),
  };
};

/** A discriminated union whose discriminator says nothing that is known. */
const noChoice = (path: readonly PropertyKey[], schema: z.ZodType, root: unknown): ShapeFinding => {
  const whole = path.slice(0, -1);
  const key = String(path.at(-1));
  const choices = choicesAt(schema, whole, root);
  const written = valueAt(root, path);
  const list = choices.join(', ');
  if (written === undefined || written === null) {
    const typo = Object.keys(Object(valueAt(root, whole))).find((other) => didYouMean(other, [key]) !== null);
    const message = `${nameOf(whole, schema, root)} has no ${key}`;
    if (written === undefined && typo !== undefined) {
      const remedy = `Write ${key} instead of ${printable(typo, 40)}: one of ${list}.`;
      return { path: [...whole, typo], side: 'key', code: 'missing', message, remedy };
    }
    return { path, side: 'key', code: 'missing', message, remedy: `Add ${key}: one of ${list}.` };
  }
  const instead = typeof written === 'string' ? insteadOf(schema, whole, root, written) : null;
  const meant = typeof written === 'string' ? didYouMean(written, choices) : null;
  return {
    path,
    side: 'value',
    code: 'out-of-range',
    message: instead?.message ?? `${key} of ${nameOf(whole, schema, root)} must be one of ${list}`,
    remedy:
      instead !== null ? instead.remedy : meant === null ? 'Write one of them.' : `Did you mean ${key}: ${meant}?`,
  };
};

const wrongType = (
  expected: string,
  path: readonly PropertyKey[],
  schema: z.ZodType,
  root: unknown,
  example: string,
): ShapeFinding => {
  const found = valueAt(root, path);
  const sample = exampleAt(schema, path, root);
  const last = path.at(-1);
  if (path.length === 0) {
    const message = `the file must be a map (keys and values), not ${describe(found)}`;
    return { path, side: 'value', code: 'not-a-map', message, remedy: `Write, for example:\n${example}` };
  }
  if (found === undefined) {
    const message =
      path.length === 1
        ? `${nameOf(path, schema, root)} is missing`
        : `${nameOf(path.slice(0, -1), schema, root)} has no ${String(last)}`;
    return { path, side: 'key', code: 'missing', message, remedy: remedyFrom(sample, 'Add, for example') };
  }
  if (found === null) {
    const message = `${nameOf(path, schema, root)} has no value`;
    return { path, side: 'key', code: 'missing', message, remedy: remedyFrom(sample, 'Write, for example') };
  }
  const message = `${nameOf(path, schema, root)} must be ${words[expected] ?? expected}, not ${describe(found)}`;
  return {
    path,
    side: 'value',
    code: 'wrong-type',
    message,
    remedy: exact(expected, found, last) ?? remedyFrom(sample),
  };
};

/** What was meant is clear: say exactly that. */
const exact = (expected: string, found: unknown, key: PropertyKey | undefined): string | null => {
  if (typeof key !== 'string' || typeof found !== 'string') return null;
  if (expected === 'number' || expected === 'int') {
    const digits = found.trim().replace(/[_ ]/g, '');
    return /^(0|[1-9]\d{0,14})$/.test(digits) ? `Write ${key}: ${digits}, without quotes.` : null;
  }
  if (expected === 'boolean') {
    if (/^(yes|on|true|y)$/i.test(found)) return `Write ${key}: true.`;
    if (/^(no|off|false|n)$/i.test(found)) return `Write ${key}: false.`;
  }
  return null;
};

const limits = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'too_small') {
    if (issue.origin === 'number' || issue.origin === 'int') return `must be at least ${issue.minimum}`;
    return issue.minimum === 1 ? 'is empty' : `needs at least ${issue.minimum}`;
  }
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  // Without words of the schema's own zod shows the pattern, which helps nobody.
  if (issue.code === 'invalid_format' && issue.message.startsWith('Invalid ')) return 'is not written as it has to be';
  return `is not right: ${issue.message}`;
};

const words: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map (keys and values)',
  record: 'a map (keys and values)',
  array: 'a list',
};

const describe = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  // A URL may be a secret, and what is found is logged and shown.
  if (typeof value === 'string' && value.includes('://')) return 'a URL';
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text ${quoted(value)}`;
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a map';
};

const remedyFrom = (sample: string | null, verb = 'Write, for example'): string =>
  sample === null ? 'Correct this value.' : sample.includes('\n') ? `${verb}:\n${sample}` : `${verb}, ${sample}`;

/** A path as a person says it: `sources`, `"web-01"`, `uid of "web-01"`, `entry 2 of keys`. */
const nameOf = (path: readonly PropertyKey[], schema: z.ZodType, root: unknown): string => {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  const above = path.slice(0, -1);
  if (typeof last === 'number') return `entry ${last + 1} of ${nameOf(above, schema, root)}`;
  // Names under a record are the person's own words; all others are ours.
  if (schemaAt(schema, above, root) instanceof z.ZodRecord) return quoted(String(last));
  return above.length === 0 ? String(last) : `${String(last)} of ${nameOf(above, schema, root)}`;
};
