import { liveObjects } from '../../objects.ts';
import { watch } from '../../programs.ts';
import type { Stage } from '../../stage.ts';
import type { Story } from '../../story.ts';
import type { Agent } from '../enrol.ts';
import type { Receiver } from '../receiver/receiver.ts';
import { type Attacker, takeOver } from './attacker.ts';
import { readOthersDisk } from './disk.ts';
import { forwardPorts } from './forward.ts';
import { leaveTheJail } from './jail.ts';
import { logInAsOthers } from './login.ts';
import { deleteEverything, overwrite, readOthers } from './objects.ts';
import { pastIsWhole } from './past.ts';
import { copyFiles, openShell } from './shell.ts';

interface Scene {
  readonly stage: Stage;
  readonly receiver: Receiver;
  readonly attacker: Agent;
  readonly victim: Agent;
}

/** Somebody took over the laptop and has its key. Everything they try, in the order of how bad it would be. */
export const attack = async (story: Story, { stage, receiver, attacker: self, victim }: Scene): Promise<void> => {
  const attacker = await takeOver(stage, receiver, self, victim);
  await story.attempt('No shell, no command', () => openShell(attacker));
  await story.attempt('No copying of files', () => copyFiles(attacker));
  await story.attempt('No forwarding of ports', () => forwardPorts(attacker));
  await story.attempt('No login as others', () => logInAsOthers(attacker));
  await story.attempt("None of the neighbour's objects", () => readOthers(attacker));
  if (receiver.mode === 'rootless') story.admit("None of the neighbour's files", oneUid(receiver));
  else await story.attempt("None of the neighbour's files", () => readOthersDisk(attacker));
  if (receiver.jail === 'landlock') await story.attempt('Nothing outside the jail', () => leaveTheJail(attacker));
  else story.admit('Nothing outside the jail', receiver.jail.replace(/^none, because/, 'NO JAIL:'));
  await story.attempt('No overwriting', () => overwrite(attacker));
  const before = await liveObjects(receiver, self);
  await story.attempt('Deletes only move to the trash', () => deleteEverything(attacker));
  await story.attempt('The past is whole', () => pastIsWhole(attacker, before));
  await story.attempt('The neighbour is whole', () => neighbourIsWhole(attacker));
};

const oneUid = ({ jail }: Receiver): string =>
  `NOT kept out without root: all sources share one UID, only ${jail === 'landlock' ? 'the jail and ' : ''}berth's own code is between them`;

const neighbourIsWhole = async ({ stage, victim }: Attacker): Promise<string> => {
  await watch(stage, ['berth', 'check', '--all', '--home', victim.name]);
  return 'all of its data was read back and is right';
};
