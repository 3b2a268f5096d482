import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { printable } from '@berth/common/parsed.ts';
import { exitCode, Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { replaceFile } from '../replace-file.ts';
import { type AskingFlags, asked, noChannel, toldOn } from './asking.ts';
import { type Shared, say, sayJson } from './command.ts';
import { type SentTo, sentText } from './sent-text.ts';

interface Flags extends AskingFlags {
  readonly preview?: string | true;
  readonly send?: true;
  readonly json?: true;
}

/** Adds `digest`: the daily digest, now. */
export const addDigestCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('digest')
    .description('look at the daily digest as it would be now, or send it now')
    .option('--preview [dir]', 'write it into digest.html and digest.txt there (default: here), and send nothing')
    .option('--send', 'send it now to every channel that has digests; the daily one comes all the same')
    .option('--config <file>', 'as this sources.yaml says, instead of the one in force')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        'berth-server digest --preview',
        'berth-server digest --preview /tmp/digest',
        'berth-server digest --send',
      ),
    )
    .action(async (flags: Flags, command: Command) => {
      if ((flags.preview === undefined) === (flags.send === undefined))
        return command.error('error: say one of --preview and --send', { exitCode: exitCode.usage });
      if (flags.send) await send(flags);
      else await preview(flags, resolve(typeof flags.preview === 'string' ? flags.preview : '.'));
    });
};

/** To be opened by whoever has a browser. */
const readable = 0o644;

const preview = async (flags: Flags, directory: string): Promise<void> => {
  const answer = await asked(await toldOn(flags), { kind: 'preview' });
  if (answer.kind !== 'preview') throw new Error('the monitor answered another question');
  const files = { html: join(directory, 'digest.html'), text: join(directory, 'digest.txt') };
  try {
    mkdirSync(directory, { recursive: true });
    replaceFile(files.html, answer.html, readable);
    replaceFile(files.text, answer.text, readable);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Problem(
      'not-written',
      `The digest could not be written: ${error.message}.`,
      'Name another folder: --preview DIR',
    );
  }
  if (flags.json) return sayJson({ subject: answer.subject, ...files });
  say(`${printable(answer.subject, 300)}\nwrote ${files.html}\nwrote ${files.text}\n`);
};

const send = async (flags: Flags): Promise<void> => {
  const told = await toldOn(flags);
  const broken = brokenOf(told.settings.broken);
  if (!told.settings.channels.some(({ digest }) => digest) && broken.length === 0)
    throw noChannel('The digest goes to nobody');
  const answer = await asked(told, { kind: 'send' });
  if (answer.kind !== 'sent') throw new Error('the monitor answered another question');
  const channels = [...answer.channels, ...broken];
  if (flags.json) sayJson({ channels });
  else say(sentText(channels));
  if (channels.some(({ error }) => error !== null)) process.exitCode = exitCode.failed;
};

/** Channels that can not be used are said here too: who sends wants to know of all. */
const brokenOf = (
  broken: readonly { readonly kind: string; readonly name: string; readonly text: string; readonly remedy: string }[],
): readonly SentTo[] =>
  broken
    .filter(({ kind }) => kind === 'channel')
    .map(({ name, text, remedy }) => ({ name, error: { message: text, remedy } }));
