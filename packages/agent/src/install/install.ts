import { Problem } from '@berth/common/problem.ts';
import type { Effects } from './effects.ts';
import { mark, type Plan, type PlannedCommand } from './plan.ts';

/** What is being done, for whoever shows it; before it is done. */
export type Step =
  | { readonly type: 'write' | 'remove'; readonly path: string }
  | { readonly type: 'run'; readonly argv: readonly string[] };

/**
 * Does what a plan says. Done twice it is done once: files that are right stay as they are, and the commands bring about what is so
 * already. Answers whether a file changed. Throws a Problem: 'not-ours' before anything is done, when one of the files is somebody else's;
 * 'timer-unreachable' when the operating system's service does not answer; 'not-writable'; 'command-failed'. The same command goes on.
 */
export const install = async (plan: Plan, effects: Effects, onStep: (step: Step) => void): Promise<boolean> => {
  const wrong: Plan['files'][number][] = [];
  for (const file of plan.files) {
    const there = await effects.read(file.path);
    if (there !== null && !there.includes(mark)) throw notOurs(file.path);
    if (there !== file.content) wrong.push(file);
  }
  await check(plan, effects);
  for (const file of wrong) {
    onStep({ type: 'write', path: file.path });
    await effects.write(file).catch((error: unknown) => {
      throw notWritable(file.path, error);
    });
  }
  await runAll(plan.enable, effects, onStep);
  return wrong.length > 0;
};

const check = async ({ check, system }: Plan, effects: Effects): Promise<void> => {
  if (check === null) return;
  const { ok, words } = await effects.run(check.argv);
  if (!ok) throw new Problem('timer-unreachable', `${system} does not answer${said(words)}.`, check.remedy);
};

/** Runs commands one after the other. Throws a Problem 'command-failed' with the program's words. */
export const runAll = async (
  commands: readonly PlannedCommand[],
  effects: Effects,
  onStep: (step: Step) => void,
): Promise<void> => {
  for (const command of commands) {
    onStep({ type: 'run', argv: command.argv });
    const { ok, words } = await attempt(command, effects);
    if (ok || command.mayFail) continue;
    throw new Problem(
      'command-failed',
      `"${command.argv.join(' ')}" failed${said(words)}.`,
      'Mend what it says and run the same command again: it goes on.',
    );
  }
};

const attempt = async ({ argv, again }: PlannedCommand, effects: Effects): ReturnType<Effects['run']> => {
  for (let left = again ? 5 : 1; ; left -= 1) {
    const end = await effects.run(argv);
    if (end.ok || left === 1) return end;
    await effects.sleep(1_000);
  }
};

const said = (words: string): string => {
  const text = words.trim().replace(/\.$/, '');
  return text === '' ? '' : `: ${text.slice(0, 500)}`;
};

const notOurs = (path: string): Problem =>
  new Problem(
    'not-ours',
    `${path} is there, and "berth install" did not make it.`,
    'Move it away, or install a home of another name with --home DIR.',
  );

const notWritable = (path: string, error: unknown): Problem =>
  new Problem(
    'not-writable',
    `${path} can't be written: ${error instanceof Error ? error.message : String(error)}`,
    'Give this user the right to write there, and look whether the disk is full.',
    { cause: error },
  );
