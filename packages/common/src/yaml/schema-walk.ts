import { z } from 'zod';

/** The part of a schema that describes what stands at `path`; null where the schema has no such place. */
export const schemaAt = (schema: unknown, path: readonly PropertyKey[]): z.ZodType | null => {
  let here = unwrapped(schema);
  for (const step of path) {
    if (here instanceof z.ZodObject) here = unwrapped(here.shape[String(step)]);
    else if (here instanceof z.ZodRecord) here = unwrapped(here.valueType);
    else if (here instanceof z.ZodArray) here = unwrapped(here.element);
    else return null;
  }
  return here;
};

/** The keys a map at `path` may have, in the order of the schema; none where any key may stand. */
export const knownKeys = (schema: unknown, path: readonly PropertyKey[]): readonly string[] => {
  const here = schemaAt(schema, path);
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
};

/** The example a schema carries as `.meta({ example: 'uid: 1001' })`: what to type where it is missing or wrong. */
export const exampleAt = (schema: unknown, path: readonly PropertyKey[]): string | null => {
  let parent = unwrapped(schema);
  for (const step of path.slice(0, -1)) parent = schemaAt(parent, [step]);
  const last = path.at(-1);
  const candidates =
    parent instanceof z.ZodObject && last !== undefined
      ? layers(parent.shape[String(last)])
      : layers(schemaAt(schema, path));
  for (const candidate of candidates) {
    const { example } = candidate.meta() ?? {};
    if (typeof example === 'string') return example;
  }
  return null;
};

/** A schema and what it wraps, outermost first: `.optional()`, `.default()`, `.transform()` are layers around a shape. */
const layers = (schema: unknown): readonly z.ZodType[] => {
  const all: z.ZodType[] = [];
  let here = schema;
  while (here instanceof z.ZodType) {
    all.push(here);
    here = inside(here);
  }
  return all;
};

const unwrapped = (schema: unknown): z.ZodType | null => layers(schema).at(-1) ?? null;

const inside = (schema: z.ZodType): unknown => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly) {
    return schema.unwrap();
  }
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.def.innerType;
  if (schema instanceof z.ZodPipe) return schema.def.in;
  return null;
};
