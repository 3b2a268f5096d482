import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Answer, ask, settings } from '../../programs.ts';
import { printable, quote, typed } from '../../screen.ts';
import type { Stage } from '../../stage.ts';
import { expect } from '../../story.ts';
import type { Agent } from '../enrol.ts';
import type { Receiver } from '../receiver/receiver.ts';

/** Whoever took over one machine: all its files, its key and its repository password too. */
export interface Attacker {
  readonly stage: Stage;
  readonly receiver: Receiver;
  readonly self: Agent;
  readonly victim: Agent;
}

/** The attacker's ssh_config, with that key, in which the receiver is called `nas`. */
const sshConfig = 'attacker';

/** A command of OpenSSH's as the attacker types it. */
export const withKey = ([program = '', ...words]: readonly string[]): readonly string[] => [
  program,
  '-F',
  sshConfig,
  ...words,
];

/** Writes the attacker's ssh_config. */
export const takeOver = async (stage: Stage, receiver: Receiver, self: Agent, victim: Agent): Promise<Attacker> => {
  const [user = '', host = ''] = self.login.split('@');
  const settings = {
    HostName: host,
    Port: receiver.port,
    User: user,
    IdentityFile: `"${join(self.home, 'id_ed25519')}"`,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    UserKnownHostsFile: `"${join(self.home, 'known_hosts')}"`,
    StrictHostKeyChecking: 'yes',
    BatchMode: 'yes',
  };
  const lines = Object.entries(settings).map(([name, value]) => `  ${name} ${value}`);
  await writeFile(sshConfig, `Host nas\n${lines.join('\n')}\n`);
  return { stage, receiver, self, victim };
};

/**
 * Types one ssh, sftp or scp and expects it to fail with `words` on standard error and nothing on standard output.
 * Returns the line the attacker sees.
 */
export const refused = async (attacker: Attacker, command: readonly string[], words: RegExp): Promise<string> => {
  const whole = withKey(command);
  return judge(whole, await ask(attacker.stage, whole), words);
};

/** Shows the command and the answer, and insists on the refusal. */
export const judge = (command: readonly string[], { exitCode, stdout, stderr }: Answer, words: RegExp): string => {
  typed(command);
  quote(stderr);
  expect(exitCode !== 0, `${command[0]} succeeded`);
  expect(stdout === '', `${command[0]} printed something: ${printable(stdout).slice(0, 60)}`);
  const line = stderr.split('\n').find((text) => words.test(text));
  expect(line !== undefined, `${command[0]} failed, but not by a refusal: ${printable(stderr.trim()).slice(0, 80)}`);
  return printable(words.exec(line)?.[0] ?? line);
};

/** An ssh that stays, to be killed by the caller. */
export const stay = (attacker: Attacker, words: readonly string[]) => {
  const [program = '', ...rest] = withKey(['ssh', '-N', ...words, 'nas']);
  typed([program, ...rest]);
  return execa(program, rest, { ...settings(attacker.stage), stdin: 'ignore' });
};
