import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { span, written } from '../config/written.ts';
import type { EngineName } from './engine.ts';

/** An absolute path. `example` is the whole `key: value`. */
export const pathField = (example: string) =>
  z
    .string()
    .max(4000)
    .refine((path) => isAbsolute(path) && !path.includes('\0'), {
      error: 'this is no absolute path',
      params: { code: 'relative-path', remedy: `Write it from the root, for example ${example}.` },
    })
    .meta({ example });

/** What every entry of `databases:` may say. */
export const commonFields = <Name extends EngineName>(engine: Name) => ({
  engine: z.literal(engine),
  /** What the entry is called in tags, reports and commands; unique in the file. */
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'it takes lower case letters, digits and hyphens, 40 at most')
    .default(engine)
    .meta({ example: `name: ${engine}` }),
  /** All its dumps together. */
  timeout: written(span, 'timeout: 6h').prefault('6h'),
});

/** `as:`, the user of the machine (or of the container) the tools run as. */
export const asField = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'it takes the name of a user of the machine or of the container')
  .nullable()
  .default(null)
  .meta({ example: 'as: postgres' });

/** A name an engine knows: of a database, a user, a bucket. */
export const nameField = (example: string) =>
  z
    .string()
    .min(1)
    .max(255)
    .refine((name) => !name.includes('\0'))
    .meta({ example });

/** `only:` and `except:`: which of what was found. */
export const choiceFields = {
  only: z
    .array(nameField('only: [shop]'))
    .min(1)
    .max(1000)
    .nullable()
    .default(null)
    .meta({ example: 'only: [shop, crm]' }),
  except: z.array(nameField('except: [scratch]')).max(1000).default([]).meta({ example: 'except: [scratch]' }),
};

/** Whether `only:` and `except:` let a name through. */
export const isChosen = (
  { only, except }: { readonly only: readonly string[] | null; readonly except: readonly string[] },
  name: string,
): boolean => (only === null || only.includes(name)) && !except.includes(name);
