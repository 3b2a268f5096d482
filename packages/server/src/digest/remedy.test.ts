import { expect, test } from 'vitest';
import { remedyParts } from './remedy.ts';

const commandsOf = (remedy: string) => remedyParts(remedy).map(({ command }) => command);

test("a command stands apart from its sentence: berth's own, and a shell's", () => {
  expect(remedyParts('Look at it: berth-server clock. Then wait.')).toEqual([
    { words: 'Look at it:', command: 'berth-server clock' },
    { words: 'Then wait.', command: null },
  ]);
  expect(
    commandsOf("Give it the folder: chown 1010 '/a b' && chmod u+rwx '/a b'. Try it: berth-server phone mirror x"),
  ).toEqual(["chown 1010 '/a b' && chmod u+rwx '/a b'", 'berth-server phone mirror x']);
  expect(
    commandsOf('See that its disk is mounted: ls -a /volume1/phones/lisa. Make it: mkdir /volume1/x/.stfolder'),
  ).toEqual(['ls -a /volume1/phones/lisa', 'mkdir /volume1/x/.stfolder']);
});

test('what only sounds like a command is none', () => {
  expect(commandsOf('Three ways: ls, df or stat. Note: berthing is none: ls is short.')).toEqual([null]);
});
