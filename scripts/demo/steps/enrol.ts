import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { settings } from '../programs.ts';
import { quote, say, typed } from '../screen.ts';
import type { Stage } from '../stage.ts';
import { expect, type Told } from '../story.ts';
import type { Receiver } from './receiver/receiver.ts';

/** A machine that backs up here. */
export interface Agent {
  readonly name: string;
  readonly uid: number;
  /** `berth --home`: its key, its password, its agent.yaml. */
  readonly home: string;
  readonly paths: readonly string[];
  /** Where it logs in, as ssh says it: user@host. */
  readonly login: string;
}

/** Enrols two machines at the same time. The first is shown word by word; the second does the same and is not shown. */
export const enrolTwo = async (stage: Stage, receiver: Receiver): Promise<Told<readonly [Agent, Agent]>> => {
  const [laptop, workstation] = await Promise.all([
    enrol(stage, receiver, 'laptop', ['/etc', '/usr/share/doc'], quote),
    enrol(stage, receiver, 'workstation', ['/etc'], () => undefined),
  ]);
  say('  The workstation did the same meanwhile. sources.yaml now, but for its comments:');
  quote(readFileSync(receiver.configFile, 'utf8').replace(/^#.*\n|^\n/gm, ''));
  expect(laptop.uid !== workstation.uid, 'two sources have one UID');
  const result = [laptop, workstation].map(({ name, uid }) => `${name} UID ${uid}`).join(', ');
  return { result, value: [laptop, workstation] };
};

/** `berth enroll` prints a line for sources.yaml and waits; the demo pastes it, as the admin would, and it goes on. */
export const enrol = async (
  stage: Stage,
  receiver: Receiver,
  name: string,
  paths: readonly string[],
  show: (line: string) => void,
): Promise<Agent> => {
  const home = join(stage.directory, name);
  const login = `${receiver.mode === 'rootless' ? stage.user : name}@127.0.0.1`;
  const server = receiver.mode === 'rootless' ? `${login}:${receiver.port}` : `127.0.0.1:${receiver.port}`;
  const what = paths.flatMap((path) => ['--path', path]);
  const words = ['enroll', server, '--name', name, ...what, '--home', name, '--host-key', receiver.hostKey];
  typed(['berth', ...words]);
  const running = execa('berth', words, { ...settings(stage), stdin: 'ignore' });
  let uid = 0;
  let last = '';
  for await (const line of createInterface({ input: running.stderr })) {
    show(line);
    last = line.trim() || last;
    const proposed = /^ {2}\S+: \{ uid: (\d+), key: /.exec(line)?.[1];
    if (proposed === undefined) continue;
    uid = Number(proposed);
    paste(receiver.configFile, line);
  }
  const { exitCode } = await running;
  expect(exitCode === 0 && uid > 0, `berth enroll ended with ${exitCode}: ${last}`);
  return { name, uid, home, paths, login };
};

/** What an editor does: the new file takes the old one's place in one step. */
const paste = (file: string, line: string): void => {
  const text = readFileSync(file, 'utf8').replace(/^sources:$/m, `sources:\n${line}`);
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
};
