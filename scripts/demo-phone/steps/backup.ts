import { join } from 'node:path';
import { readPhoneFacts } from '../../../packages/server/src/ingest/facts-file.ts';
import { demand } from '../../demo/programs.ts';
import { quote, typed } from '../../demo/screen.ts';
import { expect, type Told } from '../../demo/story.ts';
import { type Phone, until } from '../phone.ts';

/** Waits for the backup that the server makes of a new phone without being asked. */
export const seeBackup = async ({ stage, receiver, name }: Phone): Promise<Told<undefined>> => {
  const isDone = async () => readPhoneFacts(receiver.dataDir).some(({ backup }) => backup?.ended === 'ran');
  await until('the first backup', stage, isDone);
  quote(`${join(receiver.dataDir, 'sources', name, 'repo')}`);
  return { result: "by restic, under the phone's own account, without being asked", value: undefined };
};

/** Backs the phone up now, and returns the short id of the snapshot. */
export const backUp = async (phone: Phone): Promise<string> => {
  const said = await berthServer(phone, 'backup', phone.name);
  const id = /snapshot ([0-9a-f]{8})/.exec(said)?.[1];
  expect(id !== undefined, 'no snapshot was made');
  return id;
};

/** Paths of what is in a snapshot, as the phone has them. */
export const filesIn = async (phone: Phone, snapshot: string): Promise<readonly string[]> => {
  const said = await berthServer(phone, 'ls', phone.name, '--all', '--snapshot', snapshot);
  return said.split('\n').flatMap((line) => /DCIM\/.*\.jpg$/.exec(line)?.[0] ?? []);
};

/** Types a command about the phone and shows the first lines of its answer. */
export const berthServer = async (phone: Phone, ...words: readonly string[]): Promise<string> => {
  const command = ['berth-server', 'phone', ...words, ...phone.data];
  typed(command);
  const said = await demand(phone.stage, command);
  const lines = said.trimEnd().split('\n');
  quote([...lines.slice(0, 6), ...(lines.length > 6 ? [`… ${lines.length} lines`] : [])].join('\n'));
  return said;
};
