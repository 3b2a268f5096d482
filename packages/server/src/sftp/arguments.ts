import { parseArgs } from 'node:util';
import type { Pass } from './keep.ts';

/** What the supervisor tells the session program about a pass. */
export type KeepArguments = Omit<Pass, 'now'>;

/** The words, as `parseKeepArguments` reads them. */
export const formatKeepArguments = (args: KeepArguments): readonly string[] => [
  '--files',
  args.files,
  '--kept',
  args.kept,
  '--protect-ms',
  String(args.protectMs),
  '--settle-ms',
  String(args.settleMs),
  ...(args.immutable ? ['--immutable'] : []),
];

const options = {
  files: { type: 'string' },
  kept: { type: 'string' },
  'protect-ms': { type: 'string' },
  'settle-ms': { type: 'string' },
  immutable: { type: 'boolean' },
} as const;

/** Reads the words back. Throws on anything unexpected: then the supervisor and the program do not fit together. */
export const parseKeepArguments = (words: readonly string[]): KeepArguments => {
  const { values } = parseArgs({ args: [...words], options });
  const { files, kept, immutable = false } = values;
  const protectMs = Number(values['protect-ms']);
  const settleMs = Number(values['settle-ms']);
  if (files === undefined || kept === undefined || !(protectMs > 0) || !(settleMs >= 0)) {
    throw new Error('keep lacks --files, --kept, --protect-ms or --settle-ms');
  }
  return { files, kept, protectMs, settleMs, immutable };
};
