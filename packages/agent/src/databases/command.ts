import { parseSize } from '@berth/common/size.ts';
import { z } from 'zod';
import { written } from '../config/written.ts';
import type { Database } from './engine.ts';
import { asField, commonFields } from './entry.ts';
import { atField } from './place.ts';
import { unfinished } from './unfinished.ts';

const shellField = (example: string) =>
  z
    .string()
    .min(1)
    .max(20_000)
    .refine((words) => !words.includes('\0'))
    .meta({ example });

/** `engine: command` in agent.yaml: a command of one's own, with the guarantees of the engines. /bin/sh runs it. */
export const commandSchema = z.strictObject({
  ...commonFields('command'),
  at: atField(['host', 'container']),
  as: asField,
  /** Writes the dump to its standard output, and ends with 0 if it is whole. */
  run: shellField('run: slapcat -n 1'),
  /** A dump of fewer bytes has failed. */
  min_bytes: written(parseSize, 'min_bytes: 10K').prefault('1'),
  /** The dump's last characters, white space at its end left aside. */
  end_marker: z.string().min(1).max(1000).nullable().default(null).meta({ example: "end_marker: '-- done'" }),
  /** Gets the dump on its standard input while it is made, and when it is read back; ends with 0 if it is whole. */
  verify: shellField('verify: gzip -t').nullable().default(null),
  /** Gets the dump on its standard input, and puts it in place of what is there. */
  restore: shellField('restore: slapadd -n 1').nullable().default(null),
  /** The same for `--into NAME`; the name is in $BERTH_INTO. */
  restore_new: shellField('restore_new: slapadd -F "/srv/$BERTH_INTO"').nullable().default(null),
  /** What the file in the snapshot ends in. */
  ending: z
    .string()
    .regex(/^[a-z0-9]{1,10}$/)
    .default('dump')
    .meta({ example: 'ending: ldif' }),
});

/** An entry of this engine. */
export type CommandEntry = z.output<typeof commandSchema>;

/** Its `Database`. */
export const commandDatabase = (entry: CommandEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
