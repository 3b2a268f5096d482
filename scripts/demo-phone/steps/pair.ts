import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { printable, quote } from '../../demo/screen.ts';
import type { Stage } from '../../demo/stage.ts';
import { BrokenPromise, type Told } from '../../demo/story.ts';
import { type SyncthingPair, startPair, syncthingProgram } from '../../syncthing/pair.ts';

/** Who runs Syncthing on the NAS of the demo, where everybody can have an account. */
export const syncthingUid = 31_100;

/** Debian's, fetched unless it is there. */
export const bringSyncthing = async (): Promise<Told<undefined>> => {
  try {
    const { stdout } = await execa(await syncthingProgram(), ['--version'], { stdin: 'ignore' });
    return { result: printable(/^syncthing v\S+/.exec(stdout)?.[0] ?? stdout), value: undefined };
  } catch (error) {
    const why = printable((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '');
    const needs =
      'this demo takes Syncthing from the package mirror of Debian 12, so it needs a Debian and its network';
    throw new BrokenPromise(`${needs} (${why})`, { cause: error });
  }
};

/** One plays the phone, one is the NAS's; both on loopback, and they ask nobody else for anything. */
export const pairTwo = async (stage: Stage): Promise<Told<SyncthingPair>> => {
  // The account of the phone walks through it; what is nobody's business in it is closed by itself.
  await chmod(stage.directory, 0o711);
  const root = join(stage.directory, 'syncthing');
  const ingest = join(stage.directory, 'nas/phones/lisa');
  for (const folder of [root, ingest]) await mkdir(folder, { recursive: true });
  await chmod(ingest, 0o750);
  if (stage.isRoot) await chown(ingest, syncthingUid, syncthingUid);
  const uid = stage.isRoot ? { nasUid: syncthingUid } : {};
  const pair = await startPair({ root, nasFolder: ingest, ...uid });
  await pair.waitInSync(120_000);
  quote(`phone  ${pair.phone.deviceId.slice(0, 7)}  ${pair.phone.folder}  send only`);
  quote(`NAS    ${pair.nas.deviceId.slice(0, 7)}  ${ingest}  receive only`);
  return { result: 'the phone sends only, the NAS receives only', value: pair };
};
