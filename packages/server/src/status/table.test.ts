import { expect, test } from 'vitest';
import { table } from './table.ts';

test('columns stand below each other, whatever the colours of their cells', () => {
  const green = '\u001b[32mfine\u001b[39m';
  expect(
    table([
      ['SOURCE', 'STATE', 'NEXT'],
      ['laptop', green, 'now'],
      ['tower', 'failing', 'now'],
    ]),
  ).toEqual(['SOURCE  STATE    NEXT', `laptop  ${green}     now`, 'tower   failing  now']);
});
