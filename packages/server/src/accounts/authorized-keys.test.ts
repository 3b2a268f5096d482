import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { authorizedKeysLine } from './authorized-keys.ts';
import { sourceOf } from './testing.ts';

const [key] = sourceOf('pc', 1001).keys;
if (key === undefined) throw new Error('a source has a key');

/** As OpenSSH's opt_dequote reads an option: `\"` is a quote, any other `\` is itself, a bare `"` ends it. */
const dequoted = (text: string): string => {
  let result = '';
  for (let index = 0; index < text.length && text[index] !== '"'; index += 1) {
    if (text.startsWith('\\"', index)) index += 1;
    result += text[index];
  }
  return result;
};

const argumentsOf = (line: string): readonly string[] => {
  const command = dequoted(line.slice('restrict,command="'.length));
  return execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0').slice(0, -1);
};

test('everything is off, the command is the only thing, and the comment stays outside', () => {
  const line = authorizedKeysLine(['exec', '/usr/bin/node', '--key', key.fingerprint], key);
  expect(line).toBe(`restrict,command="exec /usr/bin/node --key ${key.fingerprint}" ${key.type} ${key.blob}\n`);
});

test('every argument reaches the program as it was, whatever is in it', () => {
  const words = ['plain', 'a b', `it's`, 'say "hi"', '$HOME `id` $(id)', 'back\\slash', '\\"', '*', '', 'ü#;&|<>'];
  const line = authorizedKeysLine(['printf', '%s\\0', ...words], key);
  expect(argumentsOf(line)).toEqual(words);
});

test('a line break can not start another key', () => {
  expect(() => authorizedKeysLine(['x\nssh-ed25519 AAAA'], key)).toThrow('line break');
});
