import { join } from 'node:path';
import { execa } from 'execa';
import { printable, typed } from './screen.ts';
import { clone, type Stage } from './stage.ts';
import { expect } from './story.ts';

/** berth's two programs, as they lie in the clone. */
export const programs = {
  berth: join(clone, 'packages/agent/bin/berth'),
  'berth-server': join(clone, 'packages/server/bin/berth-server'),
} as const;

/** What a program answered. */
export interface Answer {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Types a command of berth's and lets it speak for itself, on the terminal if there is one. */
export const watch = async (stage: Stage, command: readonly string[], exitCode = 0): Promise<void> => {
  typed(command);
  const [program, ...words] = command;
  const ended = await execa(fileOf(program), words, { ...settings(stage), stdio: ['ignore', 'inherit', 'inherit'] });
  expect(ended.exitCode === exitCode, `${program} ${words[0]} ended with ${ended.exitCode}, not ${exitCode}`);
};

/** Types a command of berth's and keeps to itself what it says. */
export const listen = async (stage: Stage, command: readonly string[], exitCode = 0): Promise<void> => {
  typed(command);
  const ended = await ask(stage, command);
  const words = printable(ended.stderr.trim().split('\n').at(-1) ?? '');
  expect(ended.exitCode === exitCode, `${command.slice(0, 2).join(' ')} ended with ${ended.exitCode}: ${words}`);
};

/** Runs any program and reads its answer; nothing is shown. */
export const ask = async (stage: Stage, command: readonly string[]): Promise<Answer> => {
  const [program, ...words] = command;
  const { exitCode, stdout, stderr } = await execa(fileOf(program), words, { ...settings(stage), stdin: 'ignore' });
  return { exitCode, stdout, stderr };
};

/** Runs any program, which must succeed, and returns what it printed. */
export const demand = async (stage: Stage, command: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await ask(stage, command);
  expect(exitCode === 0, `${command[0]} ended with ${exitCode}: ${printable(stderr.trim().split('\n').at(-1) ?? '')}`);
  return stdout;
};

/** The environment and the limits of everything the demo starts: Ctrl-C ends it, after 10 s by force. */
export const settings = (stage: Stage) =>
  ({
    env: { TMPDIR: stage.temporary },
    reject: false,
    timeout: 120_000,
    cancelSignal: stage.signal,
    forceKillAfterDelay: 10_000,
  }) as const;

/** Where a program of berth's is; any other is looked up as usual. */
export const fileOf = (program = ''): string =>
  program === 'berth' || program === 'berth-server' ? programs[program] : program;
