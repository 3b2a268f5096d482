import { expect, test } from 'vitest';
import { PingWords } from './ping-words.ts';
import { pingName } from './settings.ts';

const ping = { type: 'healthchecks', url: 'https://hc.example.org/1', allowPrivate: false } as const;
const settings = { ping, sources: [{ name: 'laptop', ping }], broken: [] };
const trouble = { name: pingName('laptop'), text: 'It said 404.', remedy: 'See its page.' };
const key = `channel-failing::${pingName('laptop')}`;

test('a ping that fails is said once, and its end once', () => {
  const words = new PingWords();
  expect(words.look([trouble], settings, [], true)).toMatchObject([
    { raise: { code: 'channel-failing', subject: trouble.name } },
  ]);
  expect(words.look([trouble], settings, [key], true)).toEqual([]);
  expect(words.look([], settings, [key], true)).toEqual([{ resolve: key }]);
  expect(words.look([], settings, [], true)).toEqual([]);
});

test('what an earlier monitor said stays until this one knows better, or the ping is gone', () => {
  const words = new PingWords();
  expect(words.look([], settings, [key, 'channel-failing::mail'], false)).toEqual([]);
  expect(words.look([], settings, [key, 'channel-failing::mail'], true)).toEqual([{ resolve: key }]);
  const gone = { ...settings, sources: [] };
  expect(new PingWords().look([], gone, [key], false)).toEqual([{ resolve: key }]);
});

test('a ping whose secret can not be read is left to whoever tells of that', () => {
  const broken = [{ kind: 'ping', name: pingName('laptop'), text: 'No file.', remedy: 'Write it.' }] as const;
  const without = { ping: null, sources: [{ name: 'laptop', ping: null }], broken: [...broken] };
  expect(new PingWords().look([], without, [key], true)).toEqual([]);
});
