import { resolve } from 'node:path';
import { parseDuration } from '@berth/common/duration.ts';
import { printable } from '@berth/common/parsed.ts';
import { exitCode } from '@berth/common/problem.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { type CheckOffResult, checkOffProgressSchema } from '../ingest/check-off/check-off.ts';
import { listCall } from '../ingest/restic/calls.ts';
import { startWithRestic } from '../supervisor/phones/start.ts';
import { startCheckOff } from '../supervisor/phones/start-check-off.ts';
import { type AtPhone, atPhone, requireFolders } from './at-phone.ts';
import { type Shared, say, sayJson } from './command.ts';
import { openOwnDoor } from './own-door.ts';
import { checkOffText } from './phone-check-off-text.ts';
import { noMirror } from './phone-mirror.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly data: string;
  readonly older?: number;
  readonly list?: true;
  readonly json?: true;
}

/** Adds `phone check-off`: what may be deleted on a phone. */
export const addPhoneCheckOffCommand = (phone: Command, { examples, defaults }: Shared): void => {
  phone
    .command('check-off')
    .description(
      'say which photos and videos may be deleted on a phone: whole in the mirror, and in the newest snapshot',
    )
    .argument('<phone>', 'its name in sources.yaml')
    .option('--older <duration>', 'only what was last changed longer ago than that, such as 30d', toMillis)
    .option('--list', 'name the files that may go, one a line, and nothing else')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs; "safe" has the files')
    .addHelpText(
      'after',
      `${examples('berth-server phone check-off lisa-phone', 'berth-server phone check-off lisa-phone --older 30d', 'berth-server phone check-off lisa-phone --older 30d --list > may-go.txt')}
Every byte of a file is compared with the mirror's; its path, size and time with the newest snapshot. Nothing is changed.
Exit codes: 0 all of them may go, 1 failed, 3 some have to stay for now. Ctrl-C stops, and says what was found by then.
`,
    )
    .action((name: string, flags: Flags) => checkOffCommand(name, flags));
};

const checkOffCommand = async (name: string, flags: Flags): Promise<void> => {
  const at = await atPhone(resolve(flags.data), name);
  const { media } = at.phone;
  if (media === null) throw noMirror(name);
  await requireFolders(at);
  using interruption = untilInterrupted();
  const { signal } = interruption;
  const { world, phone, marker, timeZone } = at;
  const safe: string[] = [];
  const before = flags.older === undefined ? null : Date.now() - flags.older;
  const listing = await newestOf(at, signal);
  const onProgress = (value: unknown): void => {
    const read = checkOffProgressSchema.safeParse(value);
    if (!read.success) return;
    if (flags.list === true) for (const path of read.data.safe) say(`${printable(path, 4096)}\n`);
    else if (flags.json === true) safe.push(...read.data.safe);
  };
  const asked = { marker, timeZone, before };
  const result = await startCheckOff(world, { ...phone, media }, asked, { signal, onProgress, told: linesOf(listing) });
  if (flags.json) sayJson({ phone: name, ...result, safe });
  else if (flags.list === true) process.stderr.write(checkOffText(name, result, Date.now()));
  else say(checkOffText(name, result, Date.now()));
  process.exitCode = exitOf(result);
};

/** The newest snapshot, as the job says it: we hand the lines on and look at none. */
const newestOf = async (at: AtPhone, signal: AbortSignal): Promise<readonly unknown[]> => {
  const lines: unknown[] = [];
  await using door = await openOwnDoor(at, null);
  const { snapshot } = await startWithRestic(
    at.world,
    at.phone,
    listCall,
    (own) => ({ given: door.through(own), snapshot: 'latest', folder: null }),
    { signal, onProgress: (line) => lines.push(line) },
  );
  return [...lines, { listed: snapshot }];
};

async function* linesOf(lines: readonly unknown[]): AsyncGenerator<unknown> {
  yield* lines;
}

const exitOf = ({ counted, unlisted, isComplete }: CheckOffResult): number => {
  if (!isComplete) return exitCode.failed;
  return unlisted === 0 && counted.every(({ why }) => why === 'safe' || why === 'young')
    ? exitCode.ok
    : exitCode.incomplete;
};

const toMillis = (text: string): number => {
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  throw new InvalidArgumentError('It is a span of time, such as 30d.');
};
