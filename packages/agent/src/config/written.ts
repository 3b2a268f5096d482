import type { Millis } from '@berth/common/brand.ts';
import { parseDuration } from '@berth/common/duration.ts';
import { type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import { z } from 'zod';

/** A bare number reaches the parsers as text, so that `every: 7` is told the unit it lacks. */
const text = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** A field that one of our parsers reads, also where YAML takes what is written for a number. */
export const written = <Value>(parse: (text: string) => Parsed<Value>, example: string) =>
  z.preprocess(text, textField(parse, example)).meta({ example });

/** A duration, but not none: a `timeout: 0s` would end everything before it begins. */
export const span = (value: string): Parsed<Millis> => {
  const parsed = parseDuration(value);
  if (!parsed.ok || parsed.value > 0) return parsed;
  return refused('duration', `${quoted(value)} is no time at all`, 'Write, for example, 5m or 7d.');
};
