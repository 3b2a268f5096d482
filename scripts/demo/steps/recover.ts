import { liveObjects, totalBytes } from '../objects.ts';
import { ask, watch } from '../programs.ts';
import { printable, quote, typed } from '../screen.ts';
import type { Stage } from '../stage.ts';
import { expect } from '../story.ts';
import { count, size } from '../words.ts';
import type { Agent } from './enrol.ts';
import type { Receiver } from './receiver/receiver.ts';
import { restoreAndCompare } from './restore.ts';

interface Scene {
  readonly stage: Stage;
  readonly receiver: Receiver;
  readonly agent: Agent;
  /** The moment before the attack, as ISO 8601 in UTC. */
  readonly moment: string;
}

/** Brings the files back as they were before the attack, while the repository is still as the attacker left it. */
export const restoreAsOf = async ({ stage, agent, moment }: Scene): Promise<string> => {
  const { result } = await restoreAndCompare(stage, agent, { target: 'as-it-was', options: ['--as-of', moment] });
  return result;
};

/** Makes the repository itself what it was. */
export const rewind = async ({ stage, receiver, agent, moment }: Scene): Promise<string> => {
  const gone = await liveObjects(receiver, agent);
  const server = (...words: readonly string[]): Promise<string> => onServer(stage, receiver, words);
  await server('rewind', agent.name, '--to', moment, '--dry-run');
  await server('rewind', agent.name, '--to', moment, '--yes');
  const back = await liveObjects(receiver, agent);
  expect(back.length > gone.length, 'nothing came back');
  await watch(stage, ['berth', 'check', '--all', '--home', agent.name]);
  return `${size(totalBytes(back))} in ${count(back.length, 'object')} live again; all of it was read back and is right`;
};

/** Every stored byte is held to its name, by the server itself, which has no key. */
export const scrub = async ({ stage, receiver, agent }: Scene): Promise<string> => {
  const words = await onServer(stage, receiver, ['scrub', agent.name, '--all']);
  return printable(words.trim().split('\n').at(-1) ?? '');
};

/** A command of the admin's, as it is typed where the receiver runs. */
const onServer = async (stage: Stage, receiver: Receiver, words: readonly string[]): Promise<string> => {
  const isInside = receiver.mode === 'container';
  const command = ['berth-server', ...words, '--data', isInside ? receiver.dataInside : receiver.dataDir];
  const whole = isInside ? receiver.inside(command) : command;
  typed(whole);
  const { exitCode, stdout, stderr } = await ask(stage, whole);
  quote(`${stdout}${stderr}`.trimEnd());
  expect(exitCode === 0, `berth-server ${words[0]} ended with ${exitCode}`);
  return stdout;
};
