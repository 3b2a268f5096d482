import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { quote } from '../../demo/screen.ts';
import type { Stage } from '../../demo/stage.ts';
import { compareTraces, hostTraces, processesLeft, type Traces } from '../../demo/steps/host.ts';
import type { Receiver } from '../../demo/steps/receiver/receiver.ts';
import { expect } from '../../demo/story.ts';
import type { Databases } from '../shop.ts';

/** Ends the receiver and PostgreSQL, removes the directories, and looks for anything that is left. */
export const clearAway = async (
  { stage, receiver, databases }: { readonly stage: Stage; readonly receiver: Receiver; readonly databases: Databases },
  before: Traces,
): Promise<string> => {
  const namespace = receiver.mode === 'rootless' ? null : await readlink(`/proc/${receiver.pid}/ns/mnt`);
  await receiver[Symbol.asyncDispose]();
  await databases[Symbol.asyncDispose]();
  const processes = await processesLeft(stage, namespace);
  quote(`processes left: ${processes.length === 0 ? 'none' : processes.join(', ')}`);
  await stage[Symbol.asyncDispose]();
  expect(processes.length === 0, `processes left: ${processes.join(', ')}`);
  expect(!existsSync(stage.directory), `${stage.directory} is still there`);
  expect(!existsSync(databases.postgres.socket), `${databases.postgres.socket} is still there`);
  compareTraces(before, await hostTraces());
  return 'no process, mount, account or file';
};
