import { expect, test } from 'vitest';
import { ignoreTemplate, phoneSystems } from './ignore-template.ts';

test.each(phoneSystems)('%s: it says where to paste it, and every pattern has a word about it', (system) => {
  const blocks = ignoreTemplate(system).trimEnd().split('\n\n');
  expect(blocks[0]).toContain('Paste it ON THE PHONE');
  for (const block of blocks) expect(block).toMatch(/^\/\/ \S/);
  for (const line of ignoreTemplate(system).split('\n')) expect(line.length).toBeLessThanOrEqual(120);
});

test.each(phoneSystems)(
  '%s: nothing is taken back, included, or left out by a name that anybody may give a folder',
  (system) => {
    const patterns = ignoreTemplate(system)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('//'));
    for (const pattern of patterns) {
      expect(pattern).not.toMatch(/^[!#]/);
      // At the top by its whole path, or hidden, or an ending that only unfinished files have.
      expect(pattern).toMatch(/^(\/Android\/|\/?(\(\?d\))?\.|\(\?d\)Thumbs\.db$|\*\.(crdownload|part)$)/);
    }
  },
);
