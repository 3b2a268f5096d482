import { z } from 'zod';
import type { Parsed } from '../parsed.ts';

/**
 * A schema field written as text and read by one of our parsers (`parseSize`, `parsePublicKey`, …): its refusal becomes
 * the finding, word for word. `example` is the whole `key: value` to type where it is missing.
 */
export const textField = <Value>(parse: (text: string) => Parsed<Value>, example: string) =>
  z
    .string()
    .transform((text, context): Value => {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      const { code, message, remedy } = parsed;
      context.issues.push({ code: 'custom', message, input: text, params: { code, remedy } });
      return z.NEVER;
    })
    .meta({ example });
