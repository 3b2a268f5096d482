import { z } from 'zod';

/**
 * The part of a schema that describes what stands at `path` of `root`; null where the schema has no such place. Of a discriminated
 * union it is the option that the value there has chosen, and the union itself where it has chosen none.
 */
export const schemaAt = (schema: unknown, path: readonly PropertyKey[], root: unknown): z.ZodType | null => {
  let value = root;
  let here = unwrapped(schema, value);
  for (const step of path) {
    value = valueAt(value, [step]);
    if (here instanceof z.ZodObject) here = unwrapped(here.shape[String(step)], value);
    else if (here instanceof z.ZodRecord) here = unwrapped(here.valueType, value);
    else if (here instanceof z.ZodArray) here = unwrapped(here.element, value);
    else return null;
  }
  return here;
};

/** What stands at `path` of a plain value; undefined where nothing does. */
export const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown => {
  let here = root;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = Reflect.get(here, step);
  }
  return here;
};

/** The keys a map at `path` may have, in the order of the schema; none where any key may stand. */
export const knownKeys = (schema: unknown, path: readonly PropertyKey[], root: unknown): readonly string[] => {
  const here = schemaAt(schema, path, root);
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
};

/** What a discriminated union at `path` lets its discriminator be, in the order of its options. */
export const choicesAt = (schema: unknown, path: readonly PropertyKey[], root: unknown): readonly string[] => {
  const here = schemaAt(schema, path, root);
  return here instanceof z.ZodDiscriminatedUnion ? here.options.flatMap((option) => choicesOf(option, here)) : [];
};

/** What to do about what people write under a key that is not known, and the key they should write instead. */
export interface Instead {
  readonly key: string;
  readonly remedy: string;
  /** What is wrong; that the key does not stand in this file unless said. */
  readonly message?: string | undefined;
}

/** What a schema says of a key, or a discriminated union of a choice, that it does not know: `.meta({ instead: { password: { key: 'password_file', remedy: 'Write …' } } })`. */
export const insteadOf = (
  schema: unknown,
  path: readonly PropertyKey[],
  root: unknown,
  key: string,
): Instead | null => {
  const { instead } = schemaAt(schema, path, root)?.meta() ?? {};
  const parsed = insteadSchema.safeParse(valueAt(instead, [key]));
  return parsed.success ? parsed.data : null;
};

const insteadSchema = z.object({ key: z.string(), remedy: z.string(), message: z.string().optional() });

/** The example a schema carries as `.meta({ example: 'uid: 1001' })`: what to type where it is missing or wrong. */
export const exampleAt = (schema: unknown, path: readonly PropertyKey[], root: unknown): string | null => {
  const parent = schemaAt(schema, path.slice(0, -1), root);
  const last = path.at(-1);
  const candidates =
    parent instanceof z.ZodObject && last !== undefined
      ? layers(parent.shape[String(last)])
      : parent instanceof z.ZodArray
        ? layers(parent.element)
        : layers(schemaAt(schema, path, root));
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

const unwrapped = (schema: unknown, value: unknown): z.ZodType | null => {
  const here = layers(schema).at(-1) ?? null;
  if (!(here instanceof z.ZodDiscriminatedUnion)) return here;
  const choice = valueAt(value, [here.def.discriminator]);
  const chosen = here.options.find((option) => typeof choice === 'string' && choicesOf(option, here).includes(choice));
  return chosen === undefined ? here : unwrapped(chosen, value);
};

const choicesOf = (option: unknown, { def: { discriminator } }: z.ZodDiscriminatedUnion): readonly string[] => {
  const object = layers(option).at(-1);
  const choice = object instanceof z.ZodObject ? layers(object.shape[discriminator]).at(-1) : null;
  return choice instanceof z.ZodLiteral ? [...choice.values].map(String) : [];
};

const inside = (schema: z.ZodType): unknown => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly) {
    return schema.unwrap();
  }
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.def.innerType;
  // What a preprocess changes is described behind it.
  if (schema instanceof z.ZodPipe) return schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in;
  return null;
};
