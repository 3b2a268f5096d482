import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentsBelow, testPhone, watchedDisk } from './testing.ts';
import { Ended } from './testing-faults.ts';

/** A phone with one file that is mirrored and one that is only in the mirror, and an empty folder beside it. */
const movedPhone = async () => {
  const phone = testPhone();
  for (const name of ['a.jpg', 'gone.jpg']) phone.write(name, name);
  await phone.pass();
  phone.remove('gone.jpg');
  expect(await phone.pass()).toMatchObject({ gone: 1 });
  const other = join(phone.top, 'other');
  mkdirSync(other);
  return { phone, other, elsewhere: { target: other, to: other } };
};
const lostIndex = (state: string): void => {
  for (const name of readdirSync(state)) if (name.startsWith('index.db')) rmSync(join(state, name));
};

test('where sources.yaml names another folder, a new mirror begins there, and the old folder stays as it is', async () => {
  const { phone, other, elsewhere } = await movedPhone();
  using _phone = phone;
  const before = phone.files();
  const begun = await phone.pass(elsewhere);
  expect(begun).toMatchObject({ outcome: 'done', copied: 1, files: 1, gone: 0, storm: null, day: { copied: 3 } });
  expect(contentsBelow(other)).toEqual({ 'a.jpg': 'a.jpg' });
  expect(phone.files()).toEqual(before);
  expect(await phone.pass(elsewhere)).toMatchObject({ outcome: 'done', copied: 0 });
  // And back again: all of it is known by its bytes.
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 0, versions: 0, renamed: 0 });
  expect(phone.files()).toEqual(before);
});

test('in a container, where the mirror’s path is always the same, what sources.yaml names tells', async () => {
  const { phone, other } = await movedPhone();
  using _phone = phone;
  const old = `${phone.target}-old`;
  renameSync(phone.target, old);
  renameSync(other, phone.target);
  expect(await phone.pass()).toMatchObject({ outcome: 'target-missing' });
  expect(await phone.pass({ to: '/volume2/photos' })).toMatchObject({ outcome: 'done', copied: 1 });
  expect(contentsBelow(old)).toEqual({ 'a.jpg': 'a.jpg', 'gone.jpg': 'gone.jpg' });
});

test('a folder that was moved together with its .berth goes on', async () => {
  const { phone, other, elsewhere } = await movedPhone();
  using _phone = phone;
  rmSync(other, { recursive: true });
  renameSync(phone.target, other);
  const opened: string[] = [];
  const disk = watchedDisk((call, path) => call === 'openRead' && opened.push(path));
  expect(await phone.pass({ ...elsewhere, disk })).toMatchObject({ outcome: 'done', copied: 0, files: 2, gone: 1 });
  expect(opened.filter((path) => !path.endsWith('.berth/id'))).toEqual([]);
  // From now on that is its folder.
  renameSync(other, phone.target);
  mkdirSync(other);
  expect(await phone.pass(elsewhere)).toMatchObject({ outcome: 'target-missing' });
});

test('a new folder whose disk goes is missed as the old one was', async () => {
  const { phone, other, elsewhere } = await movedPhone();
  using _phone = phone;
  await phone.pass(elsewhere);
  rmSync(other, { recursive: true });
  mkdirSync(other);
  expect(await phone.pass(elsewhere)).toMatchObject({ outcome: 'target-missing' });
  expect(readdirSync(other)).toEqual([]);
});

test('an index that is lost while the disk of the mirror is away makes no mirror below it', async () => {
  for (const lose of [lostIndex, (state: string) => writeFileSync(join(state, 'index.db'), 'no index')]) {
    using phone = testPhone();
    phone.write('a.jpg', 'one');
    await phone.pass();
    lose(phone.state);
    renameSync(phone.target, `${phone.target}-away`);
    mkdirSync(phone.target);
    for (const _ of [1, 2]) expect(await phone.pass()).toMatchObject({ outcome: 'target-missing', copied: 0 });
    expect(readdirSync(phone.target)).toEqual([]);
    rmSync(phone.target, { recursive: true });
    renameSync(`${phone.target}-away`, phone.target);
    expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 0, files: 1 });
  }
});

test('what is written of the folder is lost: with its mark the folder is compared anew, without it left alone', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  for (const damage of [
    () => rmSync(join(phone.state, 'home.json')),
    () => writeFileSync(`${phone.state}/home.json`, ''),
  ]) {
    damage();
    renameSync(phone.target, `${phone.target}-away`);
    mkdirSync(phone.target);
    expect(await phone.pass()).toMatchObject({ outcome: 'target-missing' });
    rmSync(phone.target, { recursive: true });
    renameSync(`${phone.target}-away`, phone.target);
    expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 0, files: 1 });
  }
});

test('a disk that was replaced by a new one gets a mirror when somebody makes .berth in it', async () => {
  using phone = testPhone();
  phone.write('a.jpg', 'one');
  await phone.pass();
  rmSync(phone.target, { recursive: true });
  mkdirSync(phone.target);
  expect(await phone.pass()).toMatchObject({ outcome: 'target-missing' });
  mkdirSync(join(phone.target, '.berth'));
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 1 });
  expect(phone.files()).toEqual({ 'a.jpg': 'one' });
  expect(existsSync(join(phone.target, '.berth/id'))).toBe(true);
});

test('a mirror of another phone is no mirror of this one, whatever its files are called', async () => {
  const { phone, other, elsewhere } = await movedPhone();
  using _phone = phone;
  using toms = testPhone(elsewhere);
  toms.write('a.jpg', 'of Tom');
  await toms.pass();
  expect(await phone.pass(elsewhere)).toMatchObject({ outcome: 'done', copied: 1, renamed: 1 });
  expect(contentsBelow(other)).toEqual({ 'a.jpg': 'of Tom', 'a~2.jpg': 'a.jpg' });
});

test('killed before a call while a mirror begins in another folder, the next pass goes on there', async () => {
  for (let last = 0, isOver = false; !isOver; last += 3) {
    const { phone, other, elsewhere } = await movedPhone();
    using _phone = phone;
    let call = 0;
    const disk = watchedDisk(() => {
      call += 1;
      if (call > last) throw new Ended();
    });
    isOver = await phone.pass({ ...elsewhere, disk }).then(
      () => true,
      (error: unknown) => !(error instanceof Ended),
    );
    expect(await phone.pass(elsewhere)).toMatchObject({ outcome: 'done', files: 1 });
    expect(contentsBelow(other)).toEqual({ 'a.jpg': 'a.jpg' });
    expect(await phone.pass(elsewhere)).toMatchObject({ outcome: 'done', copied: 0 });
    expect(JSON.parse(readFileSync(join(phone.state, 'home.json'), 'utf8'))).toMatchObject({
      to: other,
      isInUse: true,
    });
  }
});
