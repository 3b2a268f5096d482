import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/receiver.ts';
import { dockerOrThrow, type TestContainer, withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

const [lisaUid, tomUid, syncthingGid] = [1010, 1011, 1999];

/** The folders of the NAS: what Syncthing writes belongs to nobody the container knows, the mirror to the phone. */
const makeFolders = (container: TestContainer) => {
  // Nothing in a path means anything to the engine.
  const lisa = join(container.configDir, "../phones/lisa's: new, blue");
  const tom = join(container.configDir, '../phones/tom');
  const photos = join(container.configDir, '../photos of lisa');
  for (const folder of [lisa, tom]) {
    mkdirSync(folder, { recursive: true });
    chownSync(folder, 1998, syncthingGid);
    chmodSync(folder, 0o750);
  }
  mkdirSync(photos);
  chownSync(photos, lisaUid, lisaUid);
  // Where tests have their folders only root may walk; on a NAS it is a volume.
  chmodSync(join(container.configDir, '..'), 0o755);
  writeFileSync(join(container.configDir, 'phone.password'), 'one for the tests\n', { mode: 0o600 });
  return { lisa, tom, photos };
};

const sourcesWith = (folders: ReturnType<typeof makeFolders>, ...names: readonly ('lisa' | 'tom')[]): string => {
  const ingest = (folder: string) => ({ folder, password_file: 'phone.password', group: syncthingGid });
  const all = {
    lisa: { uid: lisaUid, ingest: ingest(folders.lisa), media: { to: folders.photos } },
    tom: { uid: tomUid, ingest: ingest(folders.tom) },
  };
  return JSON.stringify({ sources: Object.fromEntries(names.map((name) => [`${name}-phone`, all[name]])) });
};

/** Each folder the engine mounted: where it is inside, what it is outside, and whether it can be written. */
const mountsOf = async (container: TestContainer): Promise<readonly string[]> => {
  const format = '{{range .Mounts}}{{.Destination}} <- {{.Source}} {{if .RW}}rw{{else}}ro{{end}}{{"\\n"}}{{end}}';
  return (await dockerOrThrow('inspect', '--format', format, container.name)).trim().split('\n').toSorted();
};

const ownMounts = ({ configDir, dataDir }: TestContainer): readonly string[] => [
  `/config <- ${configDir} rw`,
  `/data <- ${dataDir} rw`,
];

const lisaMounts = ({ lisa, photos }: ReturnType<typeof makeFolders>): readonly string[] => [
  `/phones/lisa-phone/ingest <- ${lisa} ro`,
  `/phones/lisa-phone/media <- ${photos} rw`,
];

test('up mounts what a phone sends to be read, and its mirror to be written, and nothing else', async () => {
  await using container = await withContainer({ start: false });
  const folders = makeFolders(container);
  await container.writeConfig(sourcesWith(folders, 'lisa'));
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('created') });
  expect(await mountsOf(container)).toEqual([...ownMounts(container), ...lisaMounts(folders)]);

  // Not even who owns what is there, of whom a taken-over container would first try to be.
  expect(await container.exec(['touch', '/phones/lisa-phone/ingest/new'], `1998:${syncthingGid}`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Read-only file system'),
  });
  const mirror = ['sh', '-c', 'echo photo > /phones/lisa-phone/media/a.jpg && cat /phones/lisa-phone/media/a.jpg'];
  expect(await container.exec(mirror, `${lisaUid}:${lisaUid}`)).toMatchObject({ exitCode: 0, stdout: 'photo' });
  // Root of the container may not write what is another user's.
  expect((await container.exec(['touch', '/phones/lisa-phone/media/b.jpg'])).exitCode).toBe(1);
});

test('restic is in the image, and runs as a phone', async () => {
  await using container = await withContainer();
  const words = ['restic', 'version'];
  expect(await container.exec(words, `${lisaUid}:${lisaUid}`)).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^restic 0\.1[89]|^restic 0\.[2-9]/),
  });
});

test('a phone that comes, and one that goes, replace the container; up in between changes nothing', async () => {
  await using container = await withContainer();
  const first = await container.id();
  const folders = makeFolders(container);
  await container.writeConfig(sourcesWith(folders, 'lisa', 'tom'));
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('replaced') });
  const both = [...ownMounts(container), ...lisaMounts(folders), `/phones/tom-phone/ingest <- ${folders.tom} ro`];
  expect(await mountsOf(container)).toEqual(both);
  const second = await container.id();
  expect(second).not.toBe(first);
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('unchanged') });
  await container.writeConfig(sourcesWith(folders, 'lisa'));
  expect(await container.up()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('replaced') });
  expect(await mountsOf(container)).toEqual([...ownMounts(container), ...lisaMounts(folders)]);
});

test('a folder that is missing, or in the way of the server, is refused in words, and what runs goes on', async () => {
  await using container = await withContainer();
  const id = await container.id();
  const folders = makeFolders(container);
  rmSync(folders.photos, { recursive: true });
  await container.writeConfig(sourcesWith(folders, 'lisa'));
  const missing = await container.up();
  expect(missing).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(`The mirror of lisa-phone, ${folders.photos}, is not a folder on this machine.`),
  });
  expect(missing.stderr).toContain(`install -d -o ${lisaUid} -m 2750 '${folders.photos}'`);
  await container.writeConfig(sourcesWith({ ...folders, photos: join(container.dataDir, 'photos') }, 'lisa'));
  expect(await container.up()).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("lies in the server's data folder"),
  });
  expect(await container.id()).toBe(id);
  expect(await dockerOrThrow('inspect', '--format', '{{.State.Running}}', id)).toBe('true');
});

test("what arrives of a phone is mirrored and backed up inside the container, by the phone's UID and the group of its files", async () => {
  await using container = await withContainer({ start: false });
  const folders = makeFolders(container);
  await container.writeConfig(sourcesWith(folders, 'lisa'));
  const photos = { 'DCIM/Camera/IMG_1.jpg': 'the sea', 'DCIM/Camera/IMG 2, ü.jpg': 'the other sea' };
  arrive(folders.lisa, { '.stfolder/syncthing-folder-abc.txt': '', ...photos, 'Documents/a.txt': 'no photo' });
  expect(await container.up()).toMatchObject({ exitCode: 0, stderr: '' });

  const mirrored = (name: string): string | null => {
    const file = join(folders.photos, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  };
  for (const [name, content] of Object.entries(photos))
    await expect.poll(() => mirrored(name), { timeout: 60_000 }).toBe(content);
  expect(statSync(join(folders.photos, 'DCIM/Camera/IMG_1.jpg'))).toMatchObject({ uid: lisaUid });
  expect(mirrored('Documents/a.txt')).toBeNull();

  const phone = (...words: readonly string[]) => container.exec(['berth-server', 'phone', ...words]);
  // The server backs a new phone up by itself, and this one may meet that: code 6.
  let backup = await phone('backup', 'lisa-phone');
  await eventually('nobody else backs it up', 60_000, async () => {
    if (backup.exitCode === 6) backup = await phone('backup', 'lisa-phone');
    return backup.exitCode !== 6;
  });
  expect(backup.exitCode, `${backup.stdout}${backup.stderr}`).toBe(0);
  const snapshots = await phone('snapshots', 'lisa-phone', '--json');
  expect(snapshots.exitCode, snapshots.stderr).toBe(0);
  const listed = async (...path: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await phone('ls', 'lisa-phone', ...path);
    expect(exitCode, stderr).toBe(0);
    return stdout;
  };
  // The whole phone, without what Syncthing has there for itself.
  expect((await listed()).match(/\/\S+$/gm)).toEqual(['/DCIM/', '/Documents/']);
  for (const name of Object.keys(photos)) expect(await listed('DCIM/Camera')).toContain(name);
  const one = await phone('dump', 'lisa-phone', 'DCIM/Camera/IMG_1.jpg');
  expect(one).toMatchObject({ exitCode: 0, stdout: 'the sea' });

  // Gone from the phone: the mirror keeps it, and so does the snapshot.
  rmSync(join(folders.lisa, 'DCIM'), { recursive: true });
  expect(await phone('mirror', 'lisa-phone')).toMatchObject({ exitCode: 0 });
  expect(mirrored('DCIM/Camera/IMG_1.jpg')).toBe('the sea');
  expect(await container.exec(['berth-server', 'status'])).toMatchObject({ exitCode: 0 });
  expect(await container.exec(['berth-server', 'check'])).toMatchObject({ exitCode: 0 });
});

/** Files as Syncthing leaves them: its own, and its group may read them. */
const arrive = (folder: string, files: Readonly<Record<string, string>>): void => {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chownSync(file, 1998, syncthingGid);
    chmodSync(file, 0o640);
    for (let above = dirname(file); above !== folder; above = dirname(above)) {
      chownSync(above, 1998, syncthingGid);
      chmodSync(above, 0o750);
    }
  }
};
