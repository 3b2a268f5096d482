import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Machine } from './machine.ts';
import { repository, type TestReceiver } from './receiver.ts';
import { parseRunbook, type RunbookPart } from './runbook-page.ts';

/**
 * Follows a page of docs/runbooks literally: what the page says to type is typed, and what it says one sees must be seen.
 * The convention that a page keeps to:
 *
 * - **Where.** The paragraph before a block of commands contains `**On the server**` or `**On the machine**`, bold, as
 *   the reader sees it. A block whose paragraph says neither is a mistake, so no reader has to guess.
 * - **What to type.** A block ```` ```sh ````. It runs as one script of `sh -eu`. On the server `berth-server` is there, on
 *   the machine `berth`, as in the installation: data directory and home are the test's.
 * - **Words to replace.** A word in capitals that a section `## Words to replace` lists as `` - `WORD`: meaning ``
 *   stands for what the reader puts there: `SOURCE`, `MOMENT`. In blocks the test's `values` replace it: a text, or a function of all
 *   that was said before, since a reader copies it from there. Every listed word is used, and every value is listed.
 * - **What one sees.** A block ```` ```text ```` right behind. Each of its lines must be said (standard output or error), in this
 *   order; lines between are not shown; `…` stands for anything within a line; runs of spaces count as one.
 * - **How it ends.** With exit code 0, unless the last line of that ```` ```text ```` block is `(exit code 3)`.
 * - **What no command does** (pull a plug, edit a file by hand): `<!-- by hand: pull-the-plug -->` behind the sentence
 *   that says so; the test does it in `byHand['pull-the-plug']`. All that are on the page must be given, and no others.
 * - Blocks of other languages (```` ```yaml ````) are for reading.
 */
export interface FollowArguments {
  /** The page's file name in docs/runbooks. */
  readonly page: string;
  readonly server: Host;
  readonly machine: Host;
  readonly values: Readonly<Record<string, string | ((said: readonly Said[]) => string)>>;
  readonly byHand?: Readonly<Record<string, (said: readonly Said[]) => Promise<void>>>;
}

/** A machine that blocks run on: programs to put first in PATH, as scripts of `sh`, and the environment besides. */
export interface Host {
  readonly programs: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** What one block came to. */
export interface Said {
  readonly script: string;
  /** Standard output and error, as a terminal mixes them. */
  readonly output: string;
  readonly exitCode: number | undefined;
}

/** Follows the page to its end and answers with what was said, block by block. Throws with the block that went otherwise. */
export const followRunbook = async (args: FollowArguments): Promise<readonly Said[]> => {
  const { page, values, byHand = {} } = args;
  const { words, parts } = parseRunbook(await readFile(join(repository, 'docs/runbooks', page), 'utf8'));
  requireSame('words to replace', words, Object.keys(values));
  const names = parts.flatMap((part) => (part.kind === 'by hand' ? [part.name] : []));
  requireSame('things to do by hand', names, Object.keys(byHand));

  await using desk = await deskFor(args);
  const said: Said[] = [];
  /** What the reader has put for a word once, stays. */
  const used = new Map<string, string>();
  const fill = (text: string): string =>
    text.replaceAll(/\b[A-Z][A-Z-]*[A-Z]\b/g, (word) => {
      const value = words.includes(word) ? values[word] : undefined;
      if (value === undefined) return word;
      const put = used.get(word) ?? (typeof value === 'string' ? value : value(said));
      used.set(word, put);
      return put;
    });
  for (const part of parts) {
    if (part.kind === 'by hand') await byHand[part.name]?.(said);
    else said.push(await follow(page, part, desk, fill));
  }
  requireSame('words to replace that are used', words, [...used.keys()]);
  return said;
};

/** `berth-server` of a test's receiver, for `server`. */
export const serverHost = (receiver: TestReceiver): Host => ({
  programs: {
    'berth-server': `exec ${receiver.cliCommand().map(shellWord).join(' ')} "$@" --data ${shellWord(receiver.dataDir)}`,
  },
});

/** `berth` of a test's machine, for `machine`. */
export const machineHost = (machine: Machine): Host => ({
  programs: { berth: `exec ${shellWord(berth)} "$@" --home ${shellWord(machine.home)}` },
  env: { HOME: machine.directory, TMPDIR: machine.tmpdir },
});

const berth = join(repository, 'packages/agent/bin/berth');

/** A word that `sh` reads back as it is. */
export const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

type Block = Extract<RunbookPart, { kind: 'block' }>;

const follow = async (page: string, block: Block, desk: Desk, fill: (text: string) => string): Promise<Said> => {
  const script = fill(block.script);
  const { all: output, exitCode } = await execa('sh', ['-euc', script], {
    ...{ all: true, reject: false, stdin: 'ignore', timeout: 110_000, cwd: desk.cwd, extendEnv: false },
    env: desk.env[block.where],
  });
  const wrong = (why: string): Error =>
    new Error(`${page}, line ${block.line}: ${why}\n${script}\nIt ended with ${exitCode} and said:\n${output}`);
  if (exitCode !== block.exitCode) throw wrong(`exit code ${block.exitCode} was to be expected`);
  const missing = firstMissing(fill(block.expected).split('\n'), output);
  if (missing !== null) throw wrong(`the page shows a line that was not said, or not there: ${missing}`);
  return { script, output, exitCode };
};

/** The first line shown that does not come, in order. */
const firstMissing = (shown: readonly string[], output: string): string | null => {
  const lines = output.split('\n').map(squeeze);
  let from = 0;
  for (const line of shown.map(squeeze).filter((text) => text !== '')) {
    const pattern = new RegExp(`^${line.split('…').map(RegExp.escape).join('.*')}$`);
    const at = lines.findIndex((said, index) => index >= from && pattern.test(said));
    if (at === -1) return line;
    from = at + 1;
  }
  return null;
};

const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const requireSame = (what: string, page: readonly string[], test: readonly string[]): void => {
  const differing = [...new Set(page).symmetricDifference(new Set(test))];
  if (differing.length > 0) throw new Error(`Page and test differ in ${what}: ${differing.join(', ')}`);
};

interface Desk extends AsyncDisposable {
  readonly cwd: string;
  readonly env: Readonly<Record<'server' | 'machine', Record<string, string>>>;
}

/** A folder to stand in, and each host's programs. */
const deskFor = async ({ server, machine }: FollowArguments): Promise<Desk> => {
  const cwd = await mkdtemp(join(tmpdir(), 'runbook-'));
  await chmod(cwd, 0o755);
  const environment = async (name: string, { programs, env = {} }: Host): Promise<Record<string, string>> => {
    const folder = join(cwd, '.programs', name);
    await mkdir(folder, { recursive: true });
    for (const [program, script] of Object.entries(programs)) {
      await writeFile(join(folder, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    return { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: cwd, ...env };
  };
  return {
    cwd,
    env: { server: await environment('server', server), machine: await environment('machine', machine) },
    [Symbol.asyncDispose]: () => rm(cwd, { recursive: true, force: true }),
  };
};
