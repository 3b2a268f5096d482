import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listen } from '../../demo/programs.ts';
import { printable, quote } from '../../demo/screen.ts';
import { expect } from '../../demo/story.ts';
import type { Phone } from '../phone.ts';

/** Has the digest made as it would come by mail now, and shows what it says of the phone. */
export const readDigest = async (phone: Phone): Promise<string> => {
  const folder = join(phone.stage.directory, 'digest');
  await listen(phone.stage, ['berth-server', 'digest', '--preview', folder, ...phone.data]);
  const text = (await readFile(join(folder, 'digest.txt'), 'utf8')).split('\n').map(printable);
  const from = text.findIndex((line) => line.includes(`${phone.name}:`));
  const to = text.findIndex((line, index) => index > from && line === '');
  quote(text.slice(from, to).join('\n'));
  const words = text.slice(from, to).join(' ').replaceAll(/\s+/g, ' ');
  const sentence = /Phone (.+?\.) /.exec(words)?.[1];
  expect(sentence !== undefined && /12 photos came.*12 deleted/.test(sentence), 'the digest does not say it');
  return sentence;
};
