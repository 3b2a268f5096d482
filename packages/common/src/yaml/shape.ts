import { z } from 'zod';
import { quoted } from '../parsed.ts';
import { exampleAt, knownKeys, schemaAt } from './schema-walk.ts';
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
      return issue.keys.map((key) => unknownKey(key, path, schema));
    case 'invalid_key':
      return issue.issues.map((inner) => ({ ...custom(inner), path, side: 'key' }));
    case 'custom':
      return [{ ...custom(issue), path, side: 'value' }];
    case 'invalid_type':
      return [wrongType(issue.expected, path, schema, root, example)];
    default:
      return [
        {
          path,
          side: 'value',
          code: 'out-of-range',
          message: `${nameOf(path, schema)} ${limits(issue)}`,
          remedy: remedyFrom(exampleAt(schema, path)),
        },
      ];
  }
};

const custom = (issue: z.core.$ZodIssue) => {
  const params: Readonly<Record<string, unknown>> = 'params' in issue && issue.params !== undefined ? issue.params : {};
  const { code, remedy } = params;
  return {
    code: typeof code === 'string' ? code : 'invalid',
    message: issue.message,
    remedy: typeof remedy === 'string' ? remedy : 'Correct this value.',
  };
};

const unknownKey = (key: string, path: readonly PropertyKey[], schema: z.ZodType): ShapeFinding => {
  const known = knownKeys(schema, path);
  const meant = didYouMean(key, known);
  const list = `Known here: ${known.join(', ')}.`;
  return {
    path: [...path, key],
    side: 'key',
    code: 'unknown-key',
    message: `unknown key ${quoted(key)}${path.length === 0 ? '' : ` in ${nameOf(path, schema)}`}`,
    remedy: meant === null ? list : `Did you mean ${meant}? ${list}`,
    ...(meant === null ? {} : { meant: [...path, meant] }),
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
  const sample = exampleAt(schema, path);
  const last = path.at(-1);
  if (path.length === 0) {
    const message = `the file must be a map (keys and values), not ${describe(found)}`;
    return { path, side: 'value', code: 'not-a-map', message, remedy: `Write, for example:\n${example}` };
  }
  if (found === undefined) {
    const message =
      path.length === 1
        ? `${nameOf(path, schema)} is missing`
        : `${nameOf(path.slice(0, -1), schema)} has no ${String(last)}`;
    return { path, side: 'key', code: 'missing', message, remedy: remedyFrom(sample, 'Add, for example') };
  }
  if (found === null) {
    const message = `${nameOf(path, schema)} has no value`;
    return { path, side: 'key', code: 'missing', message, remedy: remedyFrom(sample, 'Write, for example') };
  }
  const message = `${nameOf(path, schema)} must be ${words[expected] ?? expected}, not ${describe(found)}`;
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
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text ${quoted(value)}`;
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'a map';
};

const remedyFrom = (sample: string | null, verb = 'Write, for example'): string =>
  sample === null ? 'Correct this value.' : sample.includes('\n') ? `${verb}:\n${sample}` : `${verb}, ${sample}`;

/** A path as a person says it: `sources`, `"web-01"`, `uid of "web-01"`, `entry 2 of keys`. */
const nameOf = (path: readonly PropertyKey[], schema: z.ZodType): string => {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  const above = path.slice(0, -1);
  if (typeof last === 'number') return `entry ${last + 1} of ${nameOf(above, schema)}`;
  // Names under a record are the person's own words; all others are ours.
  if (schemaAt(schema, above) instanceof z.ZodRecord) return quoted(String(last));
  return above.length === 0 ? String(last) : `${String(last)} of ${nameOf(above, schema)}`;
};

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown => {
  let here = root;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = Reflect.get(here, step);
  }
  return here;
};
