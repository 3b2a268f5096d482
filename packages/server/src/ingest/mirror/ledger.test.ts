import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ledgerFile, openLedger, readLedger } from './ledger.ts';
import { toText } from './raw.ts';
import { rawName, testPhone } from './testing.ts';

test('others read the index while nobody has it open, and while a pass is at work', async () => {
  using phone = testPhone();
  const odd = Buffer.from([0x61, 0xff]);
  phone.write('a.jpg', 'one');
  phone.write(odd, 'two');
  await phone.pass();
  const file = join(phone.state, ledgerFile);
  const paths = (): readonly string[] =>
    readLedger(file, null)
      .map(({ path }) => path)
      .sort();
  expect(paths()).toEqual(['a.jpg', rawName(odd)]);
  using ledger = openLedger(file, () => new Date());
  const [row] = ledger.rows.values();
  if (row === undefined) throw new Error('no row');
  const tally = { atMs: 0, copied: 0, copiedBytes: 0, versions: 0 };
  ledger.save({ rows: [{ ...row, path: rawName('ü') }], forgotten: [row.path], tally });
  expect(paths()).toHaveLength(2);
  expect(readLedger(file, null).map(({ path }) => toText(path))).toContain('ü');
});

test('an index of a newer berth is left as it is', async () => {
  using phone = testPhone();
  await phone.pass();
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(phone.state, ledgerFile));
  db.exec('PRAGMA user_version = 99');
  db.close();
  await expect(phone.pass()).rejects.toMatchObject({ code: 'state-newer' });
});

test('a mirror whose index never had a file takes the folder that it is given', async () => {
  using phone = testPhone();
  await phone.pass();
  rmSync(join(phone.target, '.berth'), { recursive: true });
  expect(await phone.pass()).toMatchObject({ outcome: 'done' });
  rmSync(join(phone.target, '.berth/id'));
  writeFileSync(join(phone.target, '.berth/id'), 'another\n');
  expect(await phone.pass()).toMatchObject({ outcome: 'done' });
  phone.write('a.jpg', 'one');
  expect(await phone.pass()).toMatchObject({ outcome: 'done', copied: 1 });
  writeFileSync(join(phone.target, '.berth/id'), 'a third\n');
  expect(await phone.pass()).toMatchObject({ outcome: 'target-missing' });
});
