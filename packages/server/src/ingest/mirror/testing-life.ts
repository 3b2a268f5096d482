import { createHash } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type MirrorDisk, nodeMirrorDisk } from './disk.ts';
import { caselessDisk, contentsBelow, linklessDisk, testPhone, watchedDisk } from './testing.ts';
import { Ended } from './testing-faults.ts';

/** Few names, so that they meet: twins by case and by composition, a folder's name that is a file's too, one of Syncthing's. */
const names = [
  ...['a', 'A', 'a/b', 'a/c.jpg', 'm\u00fc.jpg', 'mu\u0308.jpg', 'x\ny', '.versions', `${'l'.repeat(251)}.jpg`],
  '.syncthing.q',
];
const name = fc.constantFrom(...names);

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), name, content: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('truncate' as const), name }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), name, to: name }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), calls: fc.nat(150) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose the index' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** For tests: disks on which a phone's life is lived. */
export const disks: readonly (readonly [string, (target: string, disk: MirrorDisk) => MirrorDisk])[] = [
  ['a usual disk', (_, disk) => disk],
  ['a disk that knows no case (emulated)', caselessDisk],
  ['a disk without second names (emulated)', (_, disk) => linklessDisk(disk)],
];

/**
 * For tests: lives random lives of a phone, with passes, killed passes and lost indexes now and then. Expects after each pass that all the
 * phone ever held at one is in the mirror or its versions, that what it holds is where people look, and that nothing of what was there
 * is missing.
 */
export const liveThrough = (make: (target: string, disk: MirrorDisk) => MirrorDisk, numRuns: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      using phone = testPhone();
      const life = new Life(phone, (disk) => make(phone.target, disk));
      for (const one of steps) await life.live(one);
      await life.pass();
      expect(await phone.pass({ disk: make(phone.target, nodeMirrorDisk) })).toMatchObject({ copied: 0, newlyGone: 0 });
    }),
    { numRuns },
  );

class Life {
  readonly #phone: ReturnType<typeof testPhone>;
  readonly #make: (disk: MirrorDisk) => MirrorDisk;
  /** What the phone holds, by name. */
  readonly #held = new Map<string, string>();
  /** What it held at any pass that came to its end. */
  readonly #ever = new Set<string>();
  #before: ReadonlyMap<string, number> = new Map();

  constructor(phone: ReturnType<typeof testPhone>, make: (disk: MirrorDisk) => MirrorDisk) {
    this.#phone = phone;
    this.#make = make;
  }

  async live(one: Step): Promise<void> {
    if (one.do === 'pass') await this.pass();
    else if (one.do === 'kill') await this.#kill(one.calls);
    else if (one.do === 'lose the index') rmSync(join(this.#phone.state, 'index.db'), { force: true });
    else if (one.do === 'remove') this.#clear(one.name);
    else if (one.do === 'rename') this.#rename(one.name, one.to);
    else this.#write(one.name, one.do === 'truncate' ? '' : textOf(one.name, one.content));
  }

  async pass(): Promise<void> {
    const result = await this.#phone.pass({ disk: this.#make(nodeMirrorDisk) });
    expect(result).toMatchObject({ outcome: 'done', failed: 0, unsettled: 0 });
    const held = [...this.#held].filter(([path]) => !path.startsWith('.syncthing.')).map(([, content]) => content);
    for (const content of held) this.#ever.add(content);
    const kept = this.#look();
    this.#before = kept;
    for (const content of this.#ever) expect(kept.has(content)).toBe(true);
    const people = Object.entries(contentsBelow(this.#phone.target)).filter(([path]) => !path.startsWith('.versions/'));
    const current = counted(people.map(([, content]) => content));
    for (const [content, times] of counted(held)) expect(current.get(content) ?? 0).toBeGreaterThanOrEqual(times);
  }

  async #kill(calls: number): Promise<void> {
    let left = calls;
    const disk = watchedDisk(() => {
      left -= 1;
      if (left < 0) throw new Ended();
    });
    await this.#phone.pass({ disk: this.#make(disk) }).catch((error: unknown) => {
      if (!(error instanceof Ended)) throw error;
    });
    // What it had just set aside may still have both its names: that is one file, and not counted as two from here on.
    this.#look();
  }

  /** What the mirror holds now: at least as often as it held it before, and nothing half. */
  #look(): ReadonlyMap<string, number> {
    const now = counted(Object.values(contentsBelow(this.#phone.target)));
    for (const [content, times] of this.#before) expect(now.get(content) ?? 0).toBeGreaterThanOrEqual(times);
    for (const content of now.keys()) expect(texts.has(content) && content !== partial).toBe(true);
    return now;
  }

  #write(path: string, content: string): void {
    this.#clear(path);
    this.#phone.write(path, content);
    this.#held.set(path, content);
  }

  #rename(from: string, to: string): void {
    const content = this.#held.get(from);
    const isFolder = [from, to].some((path) => [...this.#held.keys()].some((other) => other.startsWith(`${path}/`)));
    if (content === undefined || content === partial || from === to || isFolder || to.includes('/')) return;
    if (from.startsWith(`${to}/`) || to.startsWith('.syncthing.')) return;
    this.#clear(to);
    renameSync(this.#phone.inIngest(from), this.#phone.inIngest(to));
    this.#held.delete(from);
    this.#held.set(to, content);
  }

  /** Takes away what has a name, what is below it, and what its folder would have to take the place of. */
  #clear(path: string): void {
    for (const other of this.#held.keys()) {
      if (other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) this.#held.delete(other);
    }
    const [top = ''] = path.split('/');
    if (path !== top && ![...this.#held.keys()].some((other) => other.startsWith(`${top}/`))) this.#phone.remove(top);
    this.#phone.remove(path);
  }
}

const partial = 'not all of it';

/** Some contents are of one size, and some of them the same under several names. */
const textOf = (path: string, content: number): string => {
  if (path.startsWith('.syncthing.')) return partial;
  const hash = createHash('sha256').update(`${path} ${content}`).digest('hex');
  return content === 0 ? 'same' : hash.slice(0, 8 + (content % 2));
};

/** All that a phone may hold: anything else in the mirror would be half of it. */
const texts: ReadonlySet<string> = new Set([
  '',
  ...names.flatMap((path) => [0, 1, 2, 3, 4].map((content) => textOf(path, content))),
]);

const counted = (contents: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const content of contents) counts.set(content, (counts.get(content) ?? 0) + 1);
  return counts;
};
