import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../receiver.ts';
import type { TestSources } from '../sources-text.ts';
import { type Besieged, uids } from './uids.ts';

/** The source whose files the server fetches itself, beside alpha and beta. */
export const phoneName = 'gamma-phone';

const foldersOf = ({ dataDir }: Pick<Besieged, 'dataDir'>) => {
  const nas = join(dirname(dataDir), 'nas');
  return { ingest: join(nas, 'phones/gamma'), media: join(nas, 'photos/gamma') };
};

/** Makes its folders and its secret, as an admin would, and says what sources.yaml says of it. */
export const phoneSource = async (besieged: Pick<Besieged, 'dataDir' | 'configDir'>): Promise<TestSources> => {
  const { ingest, media } = foldersOf(besieged);
  for (const folder of [ingest, media, join(ingest, '.stfolder')]) {
    await mkdir(folder, { recursive: true });
    await chown(folder, uids.phone, uids.phone);
    await chmod(folder, 0o750);
  }
  await writeFile(join(ingest, 'photo.jpg'), 'gamma’s', { mode: 0o640 });
  await chown(join(ingest, 'photo.jpg'), uids.phone, uids.phone);
  await writeFile(join(besieged.configDir, 'gamma.password'), 'gamma’s password\n', { mode: 0o600 });
  const more = { ingest: `{ folder: ${ingest}, password_file: gamma.password }`, media: `{ to: ${media} }` };
  return { [phoneName]: { uid: uids.phone, keys: [], more } };
};

/** Alpha's UID on what is a phone's, and a phone's on what is others'; each without any other wall. */
export const phoneRows = (besieged: () => Besieged): void => {
  const refused = async (uid: number, commands: readonly (readonly string[])[]): Promise<void> => {
    for (const command of commands) {
      const { exitCode, stderr } = await besieged().asUser(uid, command);
      expect([command, exitCode === 0, stderr]).toEqual([command, false, expect.stringContaining('Permission denied')]);
    }
  };
  const inside = () => {
    const { inside: within } = besieged();
    const { ingest, media } = foldersOf(besieged());
    const folder = (which: 'ingest' | 'media', on: string) => within.phoneFolder(phoneName, which, on);
    const runtime = join('/run/berth/phones', String(uids.phone));
    const own = { ingest: folder('ingest', ingest), media: folder('media', media) };
    return { ...within, ...own, runtime, home: join(within.dataDir, 'phones', phoneName) };
  };

  test('its UID walks to no phone’s folders, nor to its door, its password or what the server keeps of it', async () => {
    const { ingest, media, runtime, home, dataDir } = inside();
    const door = join(runtime, 'receive.sock');
    const isThere = async (): Promise<boolean> =>
      (await besieged().asUser(uids.phone, ['test', '-S', door])).exitCode === 0;
    await eventually('the phone’s own UID finds its door', 30_000, isThere);
    await refused(uids.alpha, [
      ['stat', door],
      ['cat', join(runtime, 'password')],
      ['ls', runtime],
      ['mkdir', '/run/berth/phones/alpha'],
      ['mv', runtime, '/run/berth/phones/gamma2'],
      ['ls', join(home, 'agent')],
      ['ls', join(home, 'mirror')],
      ['touch', join(home, 'x')],
      ['touch', join(dataDir, 'phones/x')],
      ['ls', ingest],
      ['cat', join(ingest, 'photo.jpg')],
      ['ls', media],
      ['touch', join(media, 'x')],
    ]);
  });

  test('a phone’s UID reads and writes nothing of another source, of the server, or beside its own folders', async () => {
    const { ingest, runtime, dataDir, configDir, hostKeys } = inside();
    const own = await besieged().asUser(uids.phone, ['cat', join(ingest, 'photo.jpg')]);
    expect(own.stdout).toBe('gamma’s');
    await refused(uids.phone, [
      ['ls', join(dataDir, 'sources/beta/repo')],
      ['cat', join(dataDir, 'sources/beta/repo/config')],
      ['touch', join(dataDir, 'sources/beta/incoming/x')],
      ['touch', join(dataDir, 'phones/x')],
      ['stat', '/run/berth/control/beta/api.sock'],
      // Its own it may walk through, and neither look into nor change.
      ['ls', runtime],
      ['rm', '-f', join(runtime, 'receive.sock')],
      ['touch', join(runtime, 'x')],
      ['cat', join(configDir, 'gamma.password')],
      ['cat', join(hostKeys, 'ssh_host_ed25519_key')],
      ['cat', join(dataDir, 'coordinator/state.db')],
    ]);
  });
};
