import { Problem } from '@berth/common/problem.ts';
import { parseSize } from '@berth/common/size.ts';
import { z } from 'zod';
import { written } from '../config/written.ts';
import { commandVerifier, shell } from './command/verifier.ts';
import type { Database, Into, Unit } from './engine.ts';
import { asField, commonFields } from './entry.ts';
import { dumpFailed, restoreFailed } from './failed.ts';
import { fileNameOf } from './name.ts';
import { atField } from './place.ts';
import { placeName } from './world.ts';

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
export const commandDatabase = (entry: CommandEntry): Database => {
  const { engine, name, timeout: timeoutMs } = entry;
  const unit: Unit = {
    database: null,
    file: fileNameOf({ engine, name, database: null, ending: entry.ending }),
    form: 'stream',
  };
  return {
    engine,
    name,
    timeoutMs,
    describe: async (world, signal) => {
      // Changes nothing, and tells that the user, the container and its shell are there.
      const end = await shell(entry, ':', {}, world, signal);
      if (end.code !== 0) throw dumpFailed(`/bin/sh does not run ${where(entry)}.`, end.stderr);
      return { version: '/bin/sh', units: [unit], warnings: warningsOf(entry) };
    },
    dump: async (_unit, to, world, signal) => {
      if (to.kind === 'folder') throw new Error('a command writes a stream');
      const end = await shell(entry, entry.run, { onStdout: to.sink.write }, world, signal);
      if (end.code === 0) return { warnings: [] };
      throw dumpFailed(`The command of the entry ${name} ended with ${codeWords(end.code)}.`, end.stderr);
    },
    verify: (_unit, _folder, world, signal) => commandVerifier(entry, world, signal),
    restore: async (_unit, from, into, world, signal) => {
      const words = into.kind === 'live' ? entry.restore : entry.restore_new;
      if (from.kind === 'folder') throw new Error('a command reads a stream');
      if (words === null) throw noWay(entry, into);
      const env = into.kind === 'live' ? {} : { BERTH_INTO: into.name };
      const end = await shell(entry, words, { env, stdin: from.chunks }, world, signal);
      if (end.code === 0) return { warnings: [] };
      throw restoreFailed(`The command that restores ${name} ended with ${codeWords(end.code)}.`, end.stderr);
    },
  };
};

/** A pipe's exit code is its last command's: what comes before it may fail unseen, and /bin/sh knows no pipefail everywhere. */
const warningsOf = ({ run, name, verify, end_marker }: CommandEntry): readonly string[] => {
  const isPipe = /[^|]\|[^|]/.test(run) && verify === null && end_marker === null;
  return isPipe
    ? [`"run:" of ${name} is a pipe, of which only the last command's end is seen: add verify: or end_marker:.`]
    : [];
};

const noWay = ({ name }: CommandEntry, into: Into): Problem => {
  const key = into.kind === 'live' ? 'restore' : 'restore_new';
  const example =
    into.kind === 'live' ? 'restore: slapadd -n 1' : 'restore_new: createdb "$BERTH_INTO" && psql -d "$BERTH_INTO"';
  const remedy = `Write one that reads the dump from its standard input (${example}), or take it with --to-file.`;
  return new Problem('not-supported', `The entry ${name} has no command "${key}:".`, remedy);
};

const where = ({ at, as }: CommandEntry): string => `in ${placeName(at)}${as === null ? '' : ` as ${as}`}`;

const codeWords = (code: number | null): string => (code === null ? 'a signal' : `exit code ${code}`);
