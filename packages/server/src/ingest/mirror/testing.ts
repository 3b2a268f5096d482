import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DateOf } from '../dates/date-of.ts';
import { type MirrorDisk, nodeMirrorDisk } from './disk.ts';
import { mirrorPass } from './mirror.ts';
import { foldOf } from './names.ts';
import type { MirrorArguments, PassResult } from './pass.ts';
import { folderOf, fromBytes, joined, nameOf, type Raw } from './raw.ts';

/** For tests: by the time of change, in UTC. */
export const byMtime: DateOf = async ({ mtimeMs }) => {
  const date = new Date(mtimeMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, from: 'mtime' };
};

/** For tests: a phone's folder, a mirror and its state, gone when disposed. Names are text or bytes; contents text or bytes. */
export const testPhone = (given: Partial<MirrorArguments> = {}) => {
  const top = mkdtempSync(join(tmpdir(), 'berth-mirror-'));
  const [ingest, target, state] = [join(top, 'ingest'), join(top, 'media'), join(top, 'state')];
  for (const folder of [ingest, target, state]) mkdirSync(folder);
  mkdirSync(join(ingest, '.stfolder'));
  const args: MirrorArguments = {
    ...{
      ingest,
      target,
      to: target,
      state,
      from: ['.'],
      exclude: [],
      layout: 'as-is',
      readableBy: 'group',
      types: 'all',
    },
    ...{ settleMs: 0, floorBytes: 0, timeZone: 'UTC', marker: '.stfolder' },
    ...given,
  };
  const path = (folder: string, name: string | Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]);
  return {
    ...{ top, ingest, target, state, args },
    /** Writes a file of the phone, as Syncthing does: whole, under a name of its own, then renamed. */
    write: (name: string | Buffer, content: string | Buffer): void => {
      const to = path(ingest, name);
      mkdirSync(to.subarray(0, to.lastIndexOf('/')), { recursive: true });
      rmSync(to, { force: true });
      writeFileSync(to, content);
    },
    remove: (name: string | Buffer): void => rmSync(path(ingest, name), { recursive: true, force: true }),
    inIngest: (name: string | Buffer): Buffer => path(ingest, name),
    inTarget: (name: string | Buffer): Buffer => path(target, name),
    /** Runs one pass. */
    pass: (
      more: Partial<MirrorArguments> & {
        readonly disk?: MirrorDisk;
        readonly now?: () => Date;
        readonly signal?: AbortSignal;
      } = {},
    ): Promise<PassResult> => {
      const { disk = nodeMirrorDisk, now = () => new Date(), signal = new AbortController().signal, ...rest } = more;
      const world = { disk, now, signal, dateOf: byMtime, newMark: () => randomUUID() };
      return mirrorPass({ ...args, ...rest }, world);
    },
    /** What the mirror holds, by path: people's view, and with `.versions/…`. */
    files: (): Readonly<Record<string, string>> => contentsBelow(target),
    [Symbol.dispose]: () => rmSync(top, { recursive: true, force: true }),
  };
};

/** For tests: every file below a folder but the mirror's own, as text, by path; bytes that are no UTF-8 as `latin1:…`. */
export const contentsBelow = (folder: string): Readonly<Record<string, string>> => {
  const found: [string, string][] = [];
  const look = (at: Buffer, path: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString();
      const shown = Buffer.from(name).equals(entry.name) ? name : `latin1:${entry.name.toString('latin1')}`;
      const here = Buffer.concat([at, Buffer.from('/'), entry.name]);
      const whole = path === '' ? shown : `${path}/${shown}`;
      if (whole === '.berth') continue;
      if (entry.isDirectory()) look(here, whole);
      else if (entry.isFile()) found.push([whole, readFileSync(here).toString()]);
      else found.push([whole, `<${lstatSync(here).isSymbolicLink() ? 'link' : 'special'}>`]);
    }
  };
  look(Buffer.from(folder), '');
  return Object.fromEntries(found.sort(([one], [other]) => (one < other ? -1 : 1)));
};

/** For tests: as Node says it of the disk. */
export const errnoOf = (code: string, errno: number): Error =>
  Object.assign(new Error(code), { code, errno, syscall: 'test' });

/** Says what comes before each call of a disk: nothing, or an error that it throws. */
export type Watch = (call: keyof MirrorDisk | 'write' | 'read' | 'fileSync' | 'close', path: Raw) => void;

/** For tests: a disk of which each call is told of before it is made. */
export const watchedDisk = (watch: Watch, disk: MirrorDisk = nodeMirrorDisk): MirrorDisk => {
  const told = <Value>(call: Parameters<Watch>[0], path: Raw, work: () => Value): Value => {
    watch(call, path);
    return work();
  };
  return {
    list: (path) => told('list', path, () => disk.list(path)),
    stat: (path) => told('stat', path, () => disk.stat(path)),
    openRead: (path) => {
      const file = told('openRead', path, () => disk.openRead(path));
      return { ...file, read: (into, position) => told('read', path, () => file.read(into, position)) };
    },
    create: async (path) => {
      const file = await told('create', path, () => disk.create(path));
      return {
        write: (bytes) => told('write', path, () => file.write(bytes)),
        sync: async () => told('fileSync', path, () => file.sync()),
        close: async () => {
          // Whatever happens, no test leaves a file open.
          await file.close();
          watch('close', path);
        },
      };
    },
    clone: (from, to) => told('clone', to, () => disk.clone(from, to)),
    sync: async (path) => told('sync', path, () => disk.sync(path)),
    setModified: (path, ms) => told('setModified', path, () => disk.setModified(path, ms)),
    setMode: (path, mode) => told('setMode', path, () => disk.setMode(path, mode)),
    makeFolder: (path, mode) => told('makeFolder', path, () => disk.makeFolder(path, mode)),
    link: (from, to) => told('link', to, () => disk.link(from, to)),
    rename: (from, to) => told('rename', to, () => disk.rename(from, to)),
    unlink: (path) => told('unlink', path, () => disk.unlink(path)),
    realPath: (path) => told('realPath', path, () => disk.realPath(path)),
    space: (path) => told('space', path, () => disk.space(path)),
  };
};

/** For tests: a disk that below `folder` takes names for the same that differ in case or composition alone, and lists the first one. */
export const caselessDisk = (folder: string, disk: MirrorDisk = nodeMirrorDisk): MirrorDisk => {
  const top = fromBytes(Buffer.from(folder));
  /** The path under which something stands that a disk without case would find. */
  const found = (path: Raw): Raw => {
    if (path === top || !path.startsWith(`${top}/`)) return path;
    const above = found(folderOf(path));
    const whole = joined(above, nameOf(path));
    if (disk.stat(whole) !== null || !disk.stat(above)?.isDirectory()) return whole;
    const twin = disk.list(above).find(({ name }) => foldOf(name) === foldOf(nameOf(path)));
    return twin === undefined ? whole : joined(above, twin.name);
  };
  return {
    ...disk,
    list: (path) => disk.list(found(path)),
    stat: (path) => disk.stat(found(path)),
    openRead: (path) => disk.openRead(found(path)),
    create: (path) => disk.create(found(path)),
    clone: (from, to) => disk.clone(found(from), found(to)),
    sync: (path) => disk.sync(found(path)),
    setModified: (path, ms) => disk.setModified(found(path), ms),
    setMode: (path, mode) => disk.setMode(found(path), mode),
    makeFolder: (path, mode) => disk.makeFolder(found(path), mode),
    link: (from, to) => disk.link(found(from), found(to)),
    rename: (from, to) => disk.rename(found(from), found(to)),
    unlink: (path) => disk.unlink(found(path)),
    realPath: (path) => disk.realPath(found(path)),
  };
};

/** For tests: a disk that has no second names for files. */
export const linklessDisk = (disk: MirrorDisk = nodeMirrorDisk): MirrorDisk => ({
  ...disk,
  link: () => {
    throw errnoOf('EPERM', -1);
  },
});

/** For tests: a name as the disk has it, of a text. */
export const rawName = (text: string | Buffer): Raw => fromBytes(Buffer.from(text));
