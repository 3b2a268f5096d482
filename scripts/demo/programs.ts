import { join } from 'node:path';
import { execa } from 'execa';
import { printable, typed } from './screen.ts';
import { clone, type Stage } from './stage.ts';
import { expect } from './story.ts';

/** Where berth's two programs are, so that they can be typed by name. */
export const programFolders = ['packages/agent/bin', 'packages/server/bin'].map((folder) => join(clone, folder));

/** The environment of everything the demo starts. */
export const environment = (stage: Stage) => ({
  ...process.env,
  PATH: [...programFolders, process.env['PATH'] ?? ''].join(':'),
  TMPDIR: stage.temporary,
});

/** What a program answered. */
export interface Answer {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Types a command of berth's and lets it speak for itself, on the terminal if there is one. */
export const watch = async (stage: Stage, command: readonly string[], exitCode = 0): Promise<void> => {
  typed(command);
  const [program = '', ...words] = command;
  const ended = await execa(program, words, { ...settings(stage), stdio: ['ignore', 'inherit', 'inherit'] });
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
  const [program = '', ...words] = command;
  const { exitCode, stdout, stderr } = await execa(program, words, { ...settings(stage), stdin: 'ignore' });
  return { exitCode, stdout, stderr };
};

/** Runs what clears up: Ctrl-C, which may have been the reason, does not end it. */
export const finish = async (stage: Stage, [program = '', ...words]: readonly string[]): Promise<Answer> => {
  const { cancelSignal: _, ...others } = settings(stage);
  const { exitCode, stdout, stderr } = await execa(program, words, { ...others, stdin: 'ignore', detached: true });
  return { exitCode, stdout, stderr };
};

/** Runs any program, which must succeed, and returns what it printed. */
export const demand = async (stage: Stage, command: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await ask(stage, command);
  expect(exitCode === 0, `${command[0]} ended with ${exitCode}: ${printable(stderr.trim().split('\n').at(-1) ?? '')}`);
  return stdout;
};

/** Where and how the demo starts things: Ctrl-C ends them, after 10 s by force. */
export const settings = (stage: Stage) =>
  ({
    env: environment(stage),
    reject: false,
    timeout: 120_000,
    cancelSignal: stage.signal,
    forceKillAfterDelay: 10_000,
  }) as const;
