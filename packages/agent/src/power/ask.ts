import { execa } from 'execa';

/** Asks a program of the operating system: what it said, or null where it is missing, failed or took longer than 10 s. */
export type Ask = (argv: readonly [string, ...string[]]) => Promise<string | null>;

/** The real programs. They say the same in every language, because they are asked in none. */
export const askProgram: Ask = async ([program, ...words]) => {
  const options = { reject: false, stdin: 'ignore', timeout: 10_000, env: { LC_ALL: 'C' } } as const;
  const { failed, stdout } = await execa(program, words, options);
  return failed ? null : stdout;
};

/** Words for Windows PowerShell 5.1, which every Windows has and which, unlike PowerShell 7, knows WinRT. */
export const powershell = (script: string): readonly [string, ...string[]] => [
  'powershell.exe',
  ...['-NoProfile', '-NonInteractive', '-Command', script],
];
