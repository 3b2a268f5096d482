import type { z } from 'zod';
import type { Finding, Place } from './finding.ts';
import { shapeFindings } from './shape.ts';
import { parseSyntax } from './syntax.ts';
import { decodeText } from './text.ts';
import { locate, plainTree } from './tree.ts';

/** What to read, and as what. */
export interface YamlRequest<Schema extends z.ZodType> {
  /** As the person named it: every finding begins with it. */
  readonly file: string;
  readonly content: string | Uint8Array;
  /** Strict objects, so that unknown keys are found; `.meta({ example })` on fields makes remedies exact. */
  readonly schema: Schema;
  /** A whole small file, printed where the file is empty or something else altogether. */
  readonly example: string;
}

/** The place of what stands at a path; `side` says whether of the key or of its value. */
export type Locate = (path: readonly PropertyKey[], side: 'key' | 'value') => Place;

/** A value of the schema's type, with the places its parts came from; or everything that has to change first. */
export type LoadedYaml<Value> =
  | { readonly ok: true; readonly value: Value; readonly locate: Locate }
  | { readonly ok: false; readonly findings: readonly [Finding, ...Finding[]] };

/**
 * Reads a config file written by a person: text → YAML 1.2 → our own limits (`plainTree`) → the schema. Stops at the
 * first of these steps that finds something. Never throws for any content, and takes time linear in its size: at most
 * 256 KiB are looked at.
 */
export const loadYaml = <Schema extends z.ZodType>({
  file,
  content,
  schema,
  example,
}: YamlRequest<Schema>): LoadedYaml<z.output<Schema>> => {
  const decoded = decodeText(content);
  if (!decoded.ok) {
    const { code, message, remedy, at } = decoded;
    return { ok: false, findings: [{ file, ...at, code, message, remedy }] };
  }

  const syntax = parseSyntax(decoded.text);
  if (!syntax.ok) return { ok: false, findings: [{ file, ...syntax.finding }] };
  const { document, counter } = syntax;
  const tree = plainTree(document, counter);
  const [first, ...others] = tree.findings.map((finding) => ({ file, ...finding }));
  if (first !== undefined) return { ok: false, findings: [first, ...others] };
  if (tree.value === null) return empty(file, example);

  const place: Locate = (path, side) => locate(document.contents, path, side, counter);
  const shaped = schema.safeParse(tree.value);
  if (shaped.success) return { ok: true, value: shaped.data, locate: place };
  const shapes = shaped.error.issues.flatMap((issue) => shapeFindings(issue, schema, tree.value, example));
  const findings = shapes
    // zod also measures the length of a text that stands where a list should.
    .filter(
      ({ code, path }, index) =>
        code !== 'out-of-range' || !shapes.slice(0, index).some((other) => samePath(other.path, path)),
    )
    .filter(
      (finding) =>
        finding.code !== 'missing' ||
        !shapes.some(({ meant }) => [finding.path, ...(finding.others ?? [])].some((path) => samePath(meant, path))),
    )
    .map(({ path, side, code, message, remedy }) => ({ file, ...place(path, side), code, message, remedy }));
  const [firstShape, ...otherShapes] = findings;
  if (firstShape === undefined) throw new Error('a schema refused a file without an issue');
  return { ok: false, findings: [firstShape, ...otherShapes] };
};

const samePath = (one: readonly PropertyKey[] | undefined, other: readonly PropertyKey[]): boolean =>
  one !== undefined && one.length === other.length && one.every((step, index) => step === other[index]);

const empty = <Value>(file: string, example: string): LoadedYaml<Value> => ({
  ok: false,
  findings: [
    {
      file,
      line: 1,
      column: 1,
      code: 'empty',
      message: 'the file is empty',
      remedy: `Write, for example:\n${example}`,
    },
  ],
});
