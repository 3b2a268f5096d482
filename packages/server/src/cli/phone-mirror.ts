import { resolve } from 'node:path';
import { exitCode, Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import type { PassResult } from '../ingest/mirror/pass.ts';
import { startMirror } from '../supervisor/phones/start.ts';
import { atPhone, requireFolders } from './at-phone.ts';
import { type Shared, say, sayJson } from './command.ts';
import { mirrorText } from './phone-mirror-text.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly data: string;
  readonly json?: true;
}

/** Adds `phone mirror`: a pass of the mirror, now. */
export const addPhoneMirrorCommand = (phone: Command, { examples, defaults }: Shared): void => {
  phone
    .command('mirror')
    .description("copy what is new on a phone to its mirror, now; the server's own passes go on all the same")
    .argument('<phone>', 'its name in sources.yaml')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `${examples('berth-server phone mirror lisa-phone', 'berth-server phone mirror lisa-phone --json')}
Exit codes: 0 all is copied, 1 it could not be, 3 some files could not be, 6 a pass is at work already.
`,
    )
    .action((name: string, flags: Flags) => mirrorNow(name, flags));
};

const mirrorNow = async (name: string, flags: Flags): Promise<void> => {
  const at = await atPhone(resolve(flags.data), name);
  const { phone, world, marker, timeZone } = at;
  const { media } = phone;
  if (media === null) throw noMirror(name);
  await requireFolders(at);
  using interruption = untilInterrupted();
  const result = await startMirror(world, phone, { marker, timeZone, signal: interruption.signal });
  if (flags.json) sayJson({ phone: name, ...result });
  else say(mirrorText(media.to, result));
  process.exitCode = exitOf(result);
};

const exitOf = ({ outcome, failed, unreadable }: PassResult): number => {
  if (outcome !== 'done') return exitCode.failed;
  return failed + unreadable > 0 ? exitCode.incomplete : exitCode.ok;
};

/** Of a phone that is only backed up. */
export const noMirror = (name: string): Problem =>
  new Problem(
    'no-mirror',
    `${name} has no mirror.`,
    'Say where it is to be, beside ingest in sources.yaml: media: { to: /volume1/photos/lisa }',
  );
