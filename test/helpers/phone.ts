import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { readConditions } from '@berth/server/events/files.ts';
import { z } from 'zod';
import { type SyncthingPair, startPair } from '../../scripts/syncthing/pair.ts';
import { mirrorIn, type Shown, sha256 } from './phone/album.ts';
import type { Repository } from './phone/snapshots.ts';
import { eventually, isRoot, rootlessAccount, type TestReceiver, withReceiver } from './receiver.ts';

type Lines = Readonly<Record<string, string>>;

export interface PhoneWishes {
  readonly mode?: 'root' | 'rootless';
  /** False: nobody syncs, and the test itself puts files where they arrive. */
  readonly syncthing?: boolean;
  /** KiB per second from the phone to the NAS; as fast as it can if not said. */
  readonly maxRecvKbps?: number;
  /** Further lines of the source, of its `ingest` and of its `media`, which `null` leaves out. */
  readonly source?: Lines;
  readonly ingest?: Lines;
  readonly media?: Lines | null;
  /** Text of sources.yaml before the sources (channels, digest), and of further ones behind this. */
  readonly before?: string;
  readonly others?: (places: PhonePlaces) => string;
  /** See `ReceiverWishes.setpriv`. */
  readonly setpriv?: string | null;
  /** Called when all folders are there and before the server starts, which then sees what was mounted; what it returns undoes it. */
  readonly prepare?: (places: PhonePlaces) => Promise<() => Promise<unknown>>;
  /** False leaves it to the test to start the server. */
  readonly start?: boolean;
}

/** The folders, as this machine names them. */
export interface PhonePlaces {
  /** What is on the phone; the same as `ingest` where nobody syncs. */
  readonly phone: string;
  readonly ingest: string;
  readonly media: string;
}

/** Who is who where everybody has a UID: the phone's source, and the account that Syncthing runs as on the NAS. */
export const phoneUids = { source: 31_010, syncthing: 31_100 } as const;

/**
 * A server with one phone, `lisa-phone`, whose files come by a real Syncthing from another: `await using phone = await withPhone()`.
 * Its jobs come every second or so.
 */
export const withPhone = async (wishes: PhoneWishes = {}): Promise<TestPhone> => {
  await using stack = new AsyncDisposableStack();
  const mode = wishes.mode ?? 'root';
  const receiver = stack.use(await withReceiver({ mode, quick: true, start: false, setpriv: wishes.setpriv ?? null }));
  const hasUids = isRoot && mode === 'root';
  const [own, syncthing] =
    isRoot && !hasUids ? [rootlessAccount.uid, rootlessAccount.uid] : [phoneUids.source, phoneUids.syncthing];
  await chmod(receiver.directory, 0o755);
  const nas = join(receiver.directory, 'nas');
  const [ingest, media, root] = [join(nas, 'phones/lisa'), join(nas, 'photos/lisa'), join(nas, 'syncthing')] as const;
  for (const folder of [ingest, media, root]) await mkdir(folder, { recursive: true });
  if (isRoot) {
    await chown(ingest, syncthing, syncthing);
    await chown(media, own, own);
  }
  // Only Syncthing and its group; and only the phone's own account.
  await chmod(ingest, 0o750);
  await chmod(media, 0o750);
  const uids = isRoot ? { nasUid: syncthing } : {};
  const { maxRecvKbps = 0 } = wishes;
  const pair =
    wishes.syncthing === false ? null : stack.use(await startPair({ root, nasFolder: ingest, maxRecvKbps, ...uids }));
  const places = { phone: pair?.phone.folder ?? ingest, ingest, media };
  const phone = new TestPhone({ receiver, places, pair, wishes, group: hasUids ? syncthing : null });
  if (pair === null) await mkdir(join(ingest, '.stfolder'));
  await phone.writeConfig();
  const undo = await wishes.prepare?.(places);
  if (undo !== undefined) stack.defer(async () => void (await undo()));
  if (wishes.start !== false) await receiver.start();
  const everything = stack.move();
  phone.end = () => everything.disposeAsync();
  return phone;
};

const about = z.object({
  key: z.string(),
  code: z.string(),
  severity: z.string(),
  text: z.string(),
  remedy: z.string(),
});
const shown = z.object({ open: z.array(about), events: z.array(about.extend({ event: z.string() })) });

export class TestPhone implements AsyncDisposable {
  readonly name = 'lisa-phone';
  readonly receiver: TestReceiver;
  readonly places: PhonePlaces;
  readonly pair: SyncthingPair | null;
  end: () => Promise<void> = async () => undefined;
  readonly #wishes: PhoneWishes;
  readonly #group: number | null;

  constructor(args: {
    readonly receiver: TestReceiver;
    readonly places: PhonePlaces;
    readonly pair: SyncthingPair | null;
    readonly wishes: PhoneWishes;
    readonly group: number | null;
  }) {
    this.receiver = args.receiver;
    this.places = args.places;
    this.pair = args.pair;
    this.#wishes = args.wishes;
    this.#group = args.group;
  }

  /** Writes sources.yaml and the secrets beside it; `key` for Syncthing's, such as a wrong one. */
  async writeConfig({ key }: { readonly key?: string } = {}): Promise<void> {
    const { source = {}, ingest = {}, media = {}, before = '' } = this.#wishes;
    const etc = dirname(this.receiver.configFile);
    await this.#writeSecret(join(etc, 'lisa-phone.password'), 'a password of the test\n');
    const { nas, folderId } = this.pair ?? { nas: null, folderId: '' };
    if (nas !== null) await this.#writeSecret(join(etc, 'syncthing.key'), `${key ?? nas.key}\n`);
    const asked = nas && { syncthing: `{ url: '${nas.url}', api_key_file: syncthing.key, folder_id: '${folderId}' }` };
    const group = this.#group === null ? {} : { group: String(this.#group) };
    const places = { folder: this.places.ingest, password_file: 'lisa-phone.password' };
    const lines = {
      ...{ uid: String(phoneUids.source), ...source, ingest: flow({ ...places, ...group, ...asked, ...ingest }) },
      ...(media === null ? {} : { media: flow({ to: this.places.media, every: '10s', ...media }) }),
    };
    const text = Object.entries(lines).map(([name, value]) => `    ${name}: ${value}\n`);
    const others = this.#wishes.others?.(this.places) ?? '';
    await this.receiver.writeConfig(`page: off\n${before}sources:\n  ${this.name}:\n${text.join('')}${others}`);
  }

  /** Puts a file on the phone, in one step as a camera does, and says its hash. */
  async put(path: string, bytes: Uint8Array = randomBytes(20_000)): Promise<string> {
    const file = join(this.places.phone, path);
    await mkdir(dirname(file), { recursive: true });
    const aside = join(this.places.phone, '..', `new-${randomBytes(4).toString('hex')}`);
    await writeFile(aside, bytes);
    await rename(aside, file);
    return sha256(bytes);
  }

  /** Takes it off the phone, folders with all that is in them. */
  async remove(path: string): Promise<void> {
    await rm(join(this.places.phone, path), { recursive: true });
  }

  async rename(path: string, to: string): Promise<void> {
    await rename(join(this.places.phone, path), join(this.places.phone, to));
  }

  /** Waits until the NAS has what the phone has. */
  async arrived(): Promise<void> {
    await this.pair?.waitInSync();
  }

  mirror(): Promise<Shown> {
    return mirrorIn(this.places.media);
  }

  /** Waits until the mirror shows what `test` asks for. */
  async mirrorShows(what: string, test: (shown: Shown) => boolean, withinMs = 30_000): Promise<Shown> {
    let last = await this.mirror();
    const look = async (): Promise<boolean> => {
      last = await this.mirror();
      return test(last);
    };
    await eventually(what, withinMs, look).catch((cause: unknown) => {
      const names = [...last.files.keys()].join(', ');
      throw new Error(`${what}: the mirror has ${names}\n${this.receiver.log.slice(-5000)}`, { cause });
    });
    return last;
  }

  /** Its repository, for restic on this disk. */
  repository(restic = '/usr/bin/restic'): Repository {
    const etc = dirname(this.receiver.configFile);
    const repository = join(this.receiver.dataDir, 'sources', this.name, 'repo');
    return { restic, repository, passwordFile: join(etc, 'lisa-phone.password') };
  }

  /** A `berth-server` command on this server's data. */
  cli(...words: readonly string[]) {
    return this.receiver.cli(...words, '--data', this.receiver.dataDir);
  }

  /** What is wrong now, and every event there was. */
  async events(): Promise<z.output<typeof shown>> {
    const { stdout, stderr } = await this.cli('events', '--all', '--json');
    if (stdout === '') throw new Error(stderr);
    return shown.parse(parseJson(stdout));
  }

  /** Waits until it is, or no longer is, a condition; returns its words where it is. */
  async says(code: string, isOpen = true, withinMs = 60_000): Promise<string> {
    const found = () => readConditions(this.receiver.dataDir).find((condition) => condition.code === code);
    await eventually(`${code} is ${isOpen ? 'a condition' : 'over'}`, withinMs, async () => {
      return (found() !== undefined) === isOpen;
    });
    const condition = found();
    return condition === undefined ? '' : `${condition.text} ${condition.remedy}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #writeSecret(file: string, text: string): Promise<void> {
    await writeFile(file, text, { mode: 0o600 });
    if (isRoot && this.#group === null) await chown(file, rootlessAccount.uid, rootlessAccount.uid);
  }
}

const flow = (lines: Lines): string =>
  `{ ${Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')} }`;

/** So many photos with names as a camera gives them, below `DCIM/Camera`, by path. */
export const photoNames = (count: number, day = '20261101'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `DCIM/Camera/IMG_${day}_${String(120_000 + index)}.jpg`);
