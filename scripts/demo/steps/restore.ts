import { join } from 'node:path';
import { ask, demand, watch } from '../programs.ts';
import { quote, typed } from '../screen.ts';
import type { Stage } from '../stage.ts';
import { expect, type Told } from '../story.ts';
import { unreadableBelow } from '../unreadable.ts';
import { count } from '../words.ts';
import type { Agent } from './enrol.ts';

/** Brings everything back to another place and lets rsync look for a difference: bytes, modes, owners, times, links, ACLs. */
export const restoreAndCompare = async (
  stage: Stage,
  agent: Agent,
  { target, options }: { readonly target: string; readonly options: readonly string[] },
): Promise<Told<undefined>> => {
  await watch(stage, ['berth', 'restore', '--home', agent.name, '--target', target, ...options]);
  for (const path of agent.paths) await compare(stage, path, join(target, path));
  const entries = await Promise.all(
    agent.paths.map(async (path) => (await demand(stage, ['find', join(target, path), '-printf', 'x'])).length),
  );
  const total = entries.reduce((sum, number) => sum + number, 0);
  const what = stage.isRoot ? 'bytes, owners, modes, times' : 'bytes, modes, times';
  return { result: `${count(total, 'file')}, folders and links, 0 differences (${what})`, value: undefined };
};

const compare = async (stage: Stage, path: string, restored: string): Promise<void> => {
  // Only root can give files to their owners, and what could not be read was not backed up.
  const asUser = [
    '--no-owner',
    '--no-group',
    ...(await unreadableBelow([path])).flatMap((left) => exclude(path, left)),
  ];
  const options = stage.isRoot ? [] : asUser;
  const flags = ['-aHAXn', '--checksum', '--delete', '--itemize-changes'];
  typed([
    'rsync',
    ...flags,
    ...(options.length > 6 ? [...options.slice(0, 2), '--exclude=…'] : options),
    `${path}/`,
    `${restored}/`,
  ]);
  const { exitCode, stdout, stderr } = await ask(stage, ['rsync', ...flags, ...options, `${path}/`, `${restored}/`]);
  if (stdout !== '' || stderr !== '') quote(`${stdout}\n${stderr}`.trim().split('\n').slice(0, 20).join('\n'));
  expect(exitCode === 0, `rsync ended with ${exitCode}`);
  const differences = stdout.split('\n').filter((line) => line !== '').length;
  expect(differences === 0, `${count(differences, 'difference')} in ${path}`);
};

/** rsync's patterns start at the folder it copies; a backslash keeps a special character from meaning something. */
const exclude = (path: string, left: string): readonly string[] => [
  `--exclude=${left.slice(path.length).replace(/[\\*?[]/g, '\\$&')}`,
];
