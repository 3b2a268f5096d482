import { expect } from 'vitest';
import { type MirrorDisk, nodeMirrorDisk } from './disk.ts';
import { contentsBelow, errnoOf, testPhone, watchedDisk } from './testing.ts';

/** For tests: a process that is no more makes no call, and tidies nothing up. */
export class Ended extends Error {}

/** For tests: a phone whose mirror has a file that is edited, one that is new, one that is touched, one that is gone, one that is back. */
export const busyPhone = async (disk: MirrorDisk = nodeMirrorDisk) => {
  const phone = testPhone();
  for (const name of ['edited', 'touched', 'gone', 'back']) phone.write(`DCIM/${name}.jpg`, `${name} 1`);
  await phone.pass({ disk });
  phone.remove('DCIM/back.jpg');
  await phone.pass({ disk });
  for (const name of ['edited', 'new', 'folder/deep']) phone.write(`DCIM/${name}.jpg`, `${name} 2`);
  phone.write('DCIM/touched.jpg', 'touched 1');
  phone.write('DCIM/back.jpg', 'back 1');
  phone.remove('DCIM/gone.jpg');
  return phone;
};

const wholeBytes = ['edited 1', 'edited 2', 'touched 1', 'gone 1', 'back 1', 'new 2', 'folder/deep 2'];

/** What people see is whole, whenever they look. */
const expectWhole = (target: string): void => {
  for (const content of Object.values(contentsBelow(target))) expect(wholeBytes).toContain(content);
};

const expectComplete = (files: Readonly<Record<string, string>>): void => {
  const people = Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('.versions/')));
  expect(people).toEqual({
    ...{ 'DCIM/edited.jpg': 'edited 2', 'DCIM/touched.jpg': 'touched 1', 'DCIM/gone.jpg': 'gone 1' },
    ...{ 'DCIM/back.jpg': 'back 1', 'DCIM/new.jpg': 'new 2', 'DCIM/folder/deep.jpg': 'folder/deep 2' },
  });
  const versions = Object.entries(files).filter(([path]) => path.startsWith('.versions/'));
  expect(versions.map(([, content]) => content)).toEqual(['edited 1']);
};

/**
 * For tests: ends a pass before one call that it makes of the disk, as a kill would, for each `every`th of them, and expects that nothing
 * half is seen and that the next pass completes. Answers with how many calls such a pass makes.
 */
export const killEverywhere = async (
  wrap: (disk: MirrorDisk) => MirrorDisk,
  first: number,
  every: number,
): Promise<number> => {
  for (let last = first; ; last += every) {
    using phone = await busyPhone(wrap(nodeMirrorDisk));
    let call = 0;
    const disk = watchedDisk(() => {
      if (call >= last) throw new Ended();
      call += 1;
    });
    const ended = await phone.pass({ disk: wrap(disk) }).then(
      () => 'ended well',
      (error: unknown) => (error instanceof Ended ? 'killed' : error),
    );
    if (ended === 'ended well') return call;
    expect(ended).toBe('killed');
    expectWhole(phone.target);
    const next = await phone.pass({ disk: wrap(nodeMirrorDisk) });
    expect(next).toMatchObject({ outcome: 'done', failed: 0, files: 6, gone: 1 });
    expectComplete(phone.files());
    expect(await phone.pass()).toMatchObject({ copied: 0 });
  }
};

/** For tests: the same where the call fails instead, and what follows works again. */
export const failEverywhere = async (code: string, errno: number, first: number, every: number): Promise<number> => {
  for (let failing = first; ; failing += every) {
    using phone = await busyPhone();
    let call = 0;
    const disk = watchedDisk(() => {
      call += 1;
      if (call - 1 === failing) throw errnoOf(code, errno);
    });
    const { outcome, failed, unreadable, unsettled } = await phone.pass({ disk });
    // What failed could be done without.
    if (outcome === 'done' && failed + unreadable + unsettled === 0) expectComplete(phone.files());
    expectWhole(phone.target);
    expect(await phone.pass()).toMatchObject({ outcome: 'done', failed: 0, files: 6, gone: 1 });
    expectComplete(phone.files());
    if (call <= failing) return call;
  }
};

/** For tests: what a disk may say of any call. */
export const errnos = [
  ['EIO', -5],
  ['ENOSPC', -28],
  ['EDQUOT', -122],
  ['EACCES', -13],
  ['EROFS', -30],
] as const;
