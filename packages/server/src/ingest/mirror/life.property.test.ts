import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeMirrorDisk } from './disk.ts';
import { caselessDisk, contentsBelow, linklessDisk, testPhone } from './testing.ts';

/** Few names, so that they meet: twins by case and by composition, a folder's name that is a file's too, one of Syncthing's. */
const names = [
  'a',
  'A',
  'a/b',
  'a/c.jpg',
  'm\u00fc.jpg',
  'mu\u0308.jpg',
  'x\ny',
  '.versions',
  `${'l'.repeat(251)}.jpg`,
  '.syncthing.q',
];

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('write' as const), name: fc.constantFrom(...names), content: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), name: fc.constantFrom(...names) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom(...names) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rename' as const),
      name: fc.constantFrom(...names),
      to: fc.constantFrom(...names),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const) }) },
);

const disks = [
  ['a usual disk', () => nodeMirrorDisk],
  ['a disk that knows no case (emulated)', (target: string) => caselessDisk(target)],
  ['a disk without second names (emulated)', () => linklessDisk()],
] as const;

/** What of a name's parent, or below it, is in the way. */
const clear = (phone: ReturnType<typeof testPhone>, held: Map<string, string>, name: string): void => {
  for (const other of held.keys()) {
    if (other === name || other.startsWith(`${name}/`) || name.startsWith(`${other}/`)) held.delete(other);
  }
  const [top = ''] = name.split('/');
  if (name !== top && ![...held.keys()].some((other) => other.startsWith(`${top}/`))) phone.remove(top);
  phone.remove(name);
};

test.each(disks)(
  'whatever a phone does, all that a pass ever saw is in the mirror, and nothing there is ever lost: %s',
  async (_, make) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        using phone = testPhone();
        const disk = make(phone.target);
        const held = new Map<string, string>();
        const ever = new Map<string, Set<string>>();
        let before: Readonly<Record<string, string>> = {};
        const pass = async (): Promise<void> => {
          const result = await phone.pass({ disk });
          expect(result).toMatchObject({ outcome: 'done', failed: 0, unsettled: 0 });
          for (const [name, content] of held) {
            if (!name.startsWith('.syncthing.')) ever.set(name, (ever.get(name) ?? new Set()).add(content));
          }
          const after = contentsBelow(phone.target);
          const [kept, old] = [counted(after), counted(before)];
          // Nothing that was there is less than it was.
          for (const [content, times] of old) expect(kept.get(content) ?? 0).toBeGreaterThanOrEqual(times);
          for (const [, contents] of ever) for (const content of contents) expect(kept.has(content)).toBe(true);
          // What the phone has now people find outside of the versions: as many as it has.
          const current = counted(
            Object.fromEntries(Object.entries(after).filter(([path]) => !path.startsWith('.versions/'))),
          );
          const wanted = counted(Object.fromEntries([...held].filter(([name]) => !name.startsWith('.syncthing.'))));
          for (const [content, times] of wanted) expect(current.get(content) ?? 0).toBeGreaterThanOrEqual(times);
          expect([...kept.keys()].some((content) => content.startsWith('partial'))).toBe(false);
          before = after;
        };
        for (const one of steps) {
          if (one.do === 'pass') await pass();
          else if (one.do === 'write' || one.do === 'truncate') {
            const content = one.do === 'truncate' ? '' : textOf(one.name, one.content);
            clear(phone, held, one.name);
            phone.write(one.name, content);
            held.set(one.name, content);
          } else if (one.do === 'remove') clear(phone, held, one.name);
          else {
            const content = held.get(one.name);
            if (
              content === undefined ||
              one.name === one.to ||
              one.to.includes('/') ||
              one.name.startsWith(`${one.to}/`)
            )
              continue;
            if ([...held.keys()].some((other) => other.startsWith(`${one.name}/`))) continue;
            clear(phone, held, one.to);
            renameSync(phone.inIngest(one.name), phone.inIngest(one.to));
            held.delete(one.name);
            held.set(one.to, content);
          }
        }
        await pass();
        expect(await phone.pass({ disk })).toMatchObject({ copied: 0, versions: 0, newlyGone: 0 });
      }),
      { numRuns: 25 },
    );
  },
);

/** Some contents are of one size, and some of them the same under several names. */
const textOf = (name: string, content: number): string => {
  if (name.startsWith('.syncthing.')) return 'partial';
  return content === 0
    ? 'same'
    : createHash('sha256')
        .update(`${name} ${content}`)
        .digest('hex')
        .slice(0, 8 + (content % 2));
};

const counted = (files: Readonly<Record<string, string>>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const content of Object.values(files)) counts.set(content, (counts.get(content) ?? 0) + 1);
  return counts;
};
