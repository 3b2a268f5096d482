import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ask, watch } from '../../demo/programs.ts';
import { quote } from '../../demo/screen.ts';
import type { Stage } from '../../demo/stage.ts';
import type { Receiver } from '../../demo/steps/receiver/receiver.ts';
import type { Told } from '../../demo/story.ts';
import type { SyncthingPair } from '../../syncthing/pair.ts';
import { type Phone, until } from '../phone.ts';
import { syncthingUid } from './pair.ts';

const uid = 31_010;

/** Writes what an admin would write, lets `check` read it, and waits until the server has heard from Syncthing. */
export const namePhone = async (stage: Stage, receiver: Receiver, pair: SyncthingPair): Promise<Told<Phone>> => {
  const etc = dirname(receiver.configFile);
  const media = join(stage.directory, 'nas/photos/lisa');
  await mkdir(media, { recursive: true });
  await chmod(media, 0o750);
  if (stage.isRoot) await chown(media, uid, uid);
  const secret = { mode: 0o600 };
  await writeFile(join(etc, 'lisa-phone.password'), 'a password of the demo\n', secret);
  await writeFile(join(etc, 'syncthing.key'), `${pair.nas.key}\n`, secret);
  const text = sourcesYaml({ pair, media, group: stage.isRoot ? syncthingUid : null });
  await writeFile(receiver.configFile, text);
  quote(text);
  const data = ['--data', receiver.dataDir];
  await watch(stage, ['berth-server', 'check', '--config', receiver.configFile, ...data]);
  const phone = { stage, receiver, pair, name: 'lisa-phone', ingest: pair.nas.folder, media, data };
  const status = ['berth-server', 'phone', 'status', ...data];
  const tookMs = await until('the server knows what Syncthing says', stage, async () =>
    /syncthing\s+v1\./i.test((await ask(stage, status)).stdout),
  );
  await watch(stage, status);
  return { result: `taken up and watched after ${(tookMs / 1000).toFixed(1)} s`, value: phone };
};

/** What the admin writes; a `group` where Syncthing has an account of its own. */
const sourcesYaml = (about: {
  readonly pair: SyncthingPair;
  readonly media: string;
  readonly group: number | null;
}): string => {
  const { pair, media, group } = about;
  return `page: off
sources:
  lisa-phone:
    uid: ${uid}
    ingest:
      folder: ${pair.nas.folder}
      password_file: lisa-phone.password${group === null ? '' : `\n      group: ${group}`}
      syncthing: { url: '${pair.nas.url}', api_key_file: syncthing.key, folder_id: ${pair.folderId} }
    media:
      to: ${media}
      layout: by-date
`;
};
