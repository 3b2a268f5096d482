import { join } from 'node:path';
import { ask, demand } from '../../programs.ts';
import { quote, say } from '../../screen.ts';
import { expect } from '../../story.ts';
import { count } from '../../words.ts';
import type { Attacker } from './attacker.ts';
import { asSource, repositoryOf } from './disk.ts';

/**
 * The attacker runs code of their own in their session: in the very jail of the forced command, without the permission model of Node, which
 * such code may have got around. What everybody on the server may read is closed to it, and there is nothing to run.
 */
export const leaveTheJail = async (attacker: Attacker): Promise<string> => {
  const { receiver, self } = attacker;
  const session = await sessionWords(attacker);
  const open = async (path: string): Promise<string> => {
    const answer = await demand(attacker.stage, asSource(attacker, [...session, 'try-open', path]));
    quote(`${answer.padEnd(7)} ${path}`);
    return answer;
  };
  say("  In the jail of the laptop's session, first at a file of its own to see that looking works:");
  const own = join(repositoryOf(receiver, self), 'config');
  expect((await open(own)) === 'open', 'its own files are closed to it');
  const openToAll = ['/etc/passwd', '/etc/os-release', '/proc/self/status', join(receiver.dataInside, 'server.json')];
  for (const path of openToAll) {
    const outside = await ask(attacker.stage, asSource(attacker, ['cat', path]));
    expect(outside.exitCode === 0, `${path} is closed to everybody, so it shows nothing`);
    expect((await open(path)) === 'EACCES', `${path} opens in the jail`);
  }
  return `EACCES for ${count(openToAll.length, 'file')} that are open to every UID, by Landlock`;
};

/** The forced command up to the session program, as sshd finds it in authorized_keys. */
const sessionWords = async ({ stage, receiver, self }: Attacker): Promise<readonly string[]> => {
  const file =
    receiver.mode === 'rootless' ? join(receiver.dataDir, 'run/authorized_keys') : `/run/berth/keys/${self.name}`;
  const keys = await demand(stage, receiver.inside(['cat', file]));
  const line = keys.split('\n').find((text) => text.includes(`--source ${self.name} `)) ?? '';
  const command = /^restrict,command="exec ((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replaceAll('\\"', '"');
  expect(command !== undefined, 'the key has no forced command');
  // The shell takes its own quotes off, as it does for sshd.
  const words = (await demand(stage, ['sh', '-c', `printf '%s\\n' ${command}`])).split('\n');
  expect(words.includes('--landlock-access'), 'the forced command has no jail');
  const program = words.slice(0, words.indexOf('--source'));
  return program.filter((word) => !/^--(?:permission$|allow-)/.test(word));
};
