import {
  appendFile,
  chmod,
  copyFile,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Disk } from '../disk.ts';
import { nodeDisk } from '../disk.ts';
import { openContext } from '../open-context.ts';
import type { sourceDirectory } from '../testing.ts';
import { type Examination, examine } from './fsck.ts';
import { look } from './look.ts';
import { type RepairArguments, type Repaired, repair } from './repair.ts';

type Source = Awaited<ReturnType<typeof sourceDirectory>>;

const args = (directory: string, disk: Disk = nodeDisk): RepairArguments => ({
  ...{ disk, look, directory, uid: process.getuid?.() ?? 0, isAlive: () => false, now: () => new Date(), pid: 4242 },
  ...{ verify: false, progress: () => undefined, mending: () => undefined, signal: new AbortController().signal },
});

/** For tests: what fsck finds in a directory, as `code name`, sorted. */
export const findIn = async (directory: string, options: { readonly verify?: boolean } = {}): Promise<Examination> =>
  examine({ ...args(directory), ...options });

/** For tests: a repair of a directory. */
export const repairIn = (directory: string, options: { readonly verify?: boolean } = {}): Promise<Repaired> =>
  repair({ ...args(directory), ...options });

/** For tests: a source opened as a job opens it. */
export const openFor = (directory: string) =>
  openContext({
    ...{ directory, disk: nodeDisk, now: () => new Date(), pid: 4243, isAlive: () => false, quotaBytes: null },
    ...{ floorBytes: 0, presence: 'shared' },
  });

/** For tests: the month file of a source's journal. */
export const journalOf = async ({ directory, files }: Source): Promise<string> => {
  const months = (await files('journal')).filter((file) => /^\d{4}-\d{2}\.jsonl$/.test(file));
  return join(directory, 'journal', months.at(-1) ?? '2026-01.jsonl');
};

/** For tests: something bad that happens to a source's files; `random(n)` is a whole number below `n`. */
export type Damage = (source: Source, random: (below: number) => number) => Promise<void>;

const pick = <T>(list: readonly T[], random: (below: number) => number): T | undefined =>
  list[random(list.length || 1)];

const someFile = async ({ directory, files }: Source, folder: string, random: (below: number) => number) => {
  const file = pick(await files(folder), random);
  return file === undefined ? null : join(directory, folder, file);
};

const removeFrom =
  (folder: string): Damage =>
  async (source, random) => {
    const file = await someFile(source, folder, random);
    if (file !== null) await unlink(file);
  };

const editJournal =
  (edit: (lines: string[], random: (below: number) => number) => void): Damage =>
  async (source, random) => {
    const path = await journalOf(source);
    if ((await nodeDisk.size(path)) === null) return;
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
    edit(lines, random);
    await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  };

/** For tests: every kind of damage that is tried. */
export const damages: Readonly<Record<string, Damage>> = {
  'a live file is gone': removeFrom('repo'),
  'a deleted file is gone': removeFrom('trash'),
  'a file in quarantine is gone': removeFrom('quarantine'),
  'the journal is cut short': async (source, random) => {
    const path = await journalOf(source);
    const size = await nodeDisk.size(path);
    if (size !== null) await truncate(path, random(size + 1));
  },
  'a record is rubbish': editJournal((lines, random) => {
    if (lines.length > 0) lines[random(lines.length)] = '\u0000\u0000 not a record';
  }),
  'a record is gone, and all behind it have other places': editJournal((lines, random) => {
    lines.splice(random(lines.length || 1), 1);
  }),
  'the journal is gone': async (source) => {
    await unlink(await journalOf(source)).catch(() => undefined);
  },
  'the last line is torn': async (source) => appendFile(await journalOf(source), '{"at":"2026-'),
  'the checkpoint is gone': ({ directory }) => rm(join(directory, 'journal/usage.json'), { force: true }),
  'the checkpoint is wrong': async ({ directory }) => {
    const path = join(directory, 'journal/usage.json');
    const text = await readFile(path, 'utf8').catch(() => '{}');
    await writeFile(path, text.replaceAll(/"objects":\d+/g, '"objects":77'));
  },
  'the checkpoint is of the future': ({ directory }) => {
    const usage = { live: { bytes: 1, objects: 1 }, trash: { bytes: 0, objects: 0 } };
    return writeFile(join(directory, 'journal/usage.json'), JSON.stringify({ seq: 209_901_0000000077, usage }));
  },
  'a deletion was undone by a power cut': async (source, random) => {
    const file = await someFile(source, 'trash', random);
    const [, type, name = ''] = /trash\/(\w+)\/(\w+)\.\d+$/.exec(file ?? '') ?? [];
    if (file === null || type === undefined) return;
    const folder = type === 'config' ? '' : type === 'data' ? `data/${name.slice(0, 2)}` : type;
    await rename(file, join(source.directory, 'repo', folder, name));
  },
  'a deleted file bears another number': async (source, random) => {
    const file = await someFile(source, 'trash', random);
    if (file !== null) await rename(file, file.replace(/\d{16}$/, `202611000000${1000 + random(9000)}`));
  },
  'a deleted file is there twice': async (source, random) => {
    const file = await someFile(source, 'trash', random);
    if (file !== null) await copyFile(file, file.replace(/\d{16}$/, `202611000000${1000 + random(9000)}`));
  },
  'a live file has other bytes of another size': async (source, random) => {
    const file = await someFile(source, 'repo', random);
    if (file !== null) await writeFile(file, 'damaged');
  },
  'a deleted file has other bytes of another size': async (source, random) => {
    const file = await someFile(source, 'trash', random);
    if (file !== null) await writeFile(file, 'damaged');
  },
  'a file that nobody may open': async (source, random) => {
    const file = await someFile(source, 'repo', random);
    if (file !== null) await chmod(file, 0);
  },
  'a file that all may open': async (source, random) => {
    const file = await someFile(source, 'trash', random);
    if (file !== null) await chmod(file, 0o644);
  },
  'names that berth never makes': async ({ directory }, random) => {
    const [folder] = await readdir(join(directory, 'repo/data')).catch(() => []);
    for (const path of ['repo/notes.txt', `repo/data/${folder ?? ''}/x`, 'trash/data/abc.1', 'journal/old journal']) {
      if (random(2) === 0 && (await nodeDisk.list(dirname(join(directory, path)))).length > 0)
        await writeFile(join(directory, path), 'x', { mode: 0o600 });
    }
  },
  'uploads that were never finished': async ({ directory }) => {
    await nodeDisk.makeFolder(join(directory, 'incoming/99'));
    await writeFile(join(directory, 'incoming/99/1'), 'half');
  },
};
