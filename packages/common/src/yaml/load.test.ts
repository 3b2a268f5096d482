import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { parseSize } from '../size.ts';
import { isLong, randomRuns } from '../testing/random-runs.ts';
import { textField } from './field.ts';
import { type Finding, formatFindings } from './finding.ts';
import { loadYaml } from './load.ts';
import { configLimitBytes } from './text.ts';

const schema = z.strictObject({
  name: z.string(),
  fast: z.boolean().optional(),
  level: z.enum(['low', 'high']).optional(),
  paths: z.array(z.string()).min(1).max(3).optional().meta({ example: 'paths: [/home]' }),
  limits: z.strictObject({ upload: textField(parseSize, 'upload: 5M').optional() }).prefault({}),
});
const load = (content: string | Uint8Array) =>
  loadYaml({ file: 'agent.yaml', content, schema, example: 'name: laptop' });
const print = (content: string | Uint8Array): string => {
  const loaded = load(content);
  return loaded.ok ? 'accepted' : formatFindings(loaded.findings);
};

describe('a config file', () => {
  test('is read with its defaults, and knows where each part stands', () => {
    const loaded = load('name: laptop\nlimits:\n  upload: 5M\n');
    expect(loaded.ok && loaded.value).toEqual({ name: 'laptop', limits: { upload: 5 * 2 ** 20 } });
    expect(loaded.ok && loaded.locate(['limits', 'upload'], 'value')).toEqual({ line: 3, column: 11 });
    expect(loaded.ok && loaded.locate(['limits', 'upload'], 'key')).toEqual({ line: 3, column: 3 });
    expect(loaded.ok && loaded.locate(['limits', 'download'], 'value')).toEqual({ line: 2, column: 1 });
  });

  test.each([
    ['fast: yes\nname: x', 'agent.yaml:1:7: fast must be true or false, not the text "yes"\n    Write fast: true.'],
    ['level: mid\nname: x', 'agent.yaml:1:8: level must be one of low, high\n    Correct this value.'],
    ['name: x\npaths: []', 'agent.yaml:2:8: paths is empty\n    Write, for example, paths: [/home]'],
    [
      'name: x\npaths: [a, 5]',
      'agent.yaml:2:12: entry 2 of paths must be a text, not the number 5\n    Correct this value.',
    ],
    [
      'name: x\npaths: /home',
      'agent.yaml:2:8: paths must be a list, not the text "/home"\n    Write, for example, paths: [/home]',
    ],
    [
      'name: x\nlimits: {uplaod: 1M}',
      'agent.yaml:2:10: unknown key "uplaod" in limits\n    Did you mean upload? Known here: upload.',
    ],
    [
      'name: x\nlimits:\n  upload: 5 fish',
      'agent.yaml:3:11: "5 fish" is not a size\n    Write a number and a unit, for example 500G or 1.5T.',
    ],
    [
      'name: 0755',
      'agent.yaml:1:7: "0755" is a number that not every reader of YAML reads as the same\n    Write it in plain digits: 755 (or put it in quotes if it is a text).',
    ],
  ])('%j is answered with the place and what to write', (content, answer) => expect(print(content)).toBe(answer));

  test.each([
    ['way: { type: post, street: x }', 'accepted'],
    ['way: { type: pots, street: x }', '1:14: type of "way" must be one of post, call\n    Did you mean type: post?'],
    ['way: { type: fax }', '1:14: type of "way" must be one of post, call\n    Write one of them.'],
    ['way: { street: x }', '1:1: "way" has no type\n    Add type: one of post, call.'],
    ['way: { tpye: post }', '1:8: "way" has no type\n    Write type instead of tpye: one of post, call.'],
    ['way: { type: call, street: x }', '1:20: unknown key "street" in "way"\n    Known here: type, number.'],
    [
      'way: { type: post, street: 5 }',
      '1:28: street of "way" must be a text, not the number 5\n    Write, for example, street: Elm Street',
    ],
    ['way: { type: post, pin: 1234 }', '1:20: "pin" does not stand in this file\n    Write street.'],
    [
      'way: https://u:secret@example.org',
      '1:6: "way" must be a map (keys and values), not a URL\n    Correct this value.',
    ],
  ])('with a choice of forms is answered for the form that is meant: %j', (content, answer) => {
    const street = z.string().meta({ example: 'street: Elm Street' });
    const post = z
      .strictObject({ type: z.literal('post'), street })
      .meta({ instead: { pin: { key: 'street', remedy: 'Write street.' } } });
    const call = z
      .strictObject({ type: z.literal('call'), number: z.string().optional() })
      .transform((written) => written);
    const ways = z.record(z.string(), z.discriminatedUnion('type', [post, call]));
    const loaded = loadYaml({ file: 'f', content, schema: ways, example: 'way: { type: call }' });
    expect(loaded.ok ? 'accepted' : formatFindings(loaded.findings)).toBe(
      answer === 'accepted' ? answer : `f:${answer}`,
    );
  });

  test.each([
    ['code: A1', '1:7: code is not written as it has to be\n    Correct this value.'],
    [
      'stops: [x]',
      '1:9: entry 1 of stops must be a map (keys and values), not the text "x"\n    Write, for example, stops: [{ at: 1 }]',
    ],
    ['stops: [{}]', '1:9: entry 1 of stops has no at\n    Add, for example, at: 1'],
    ['stops: [{ at: 3 }]', '1:15: at of entry 1 of stops must be one of 1, 2\n    Write, for example, at: 1'],
  ])('%j is answered in words and by example, where zod has a pattern or nothing', (content, answer) => {
    const stop = z.strictObject({ at: z.literal([1, 2]).meta({ example: 'at: 1' }) }).transform((written) => written);
    const stops = z.array(stop.meta({ example: 'stops: [{ at: 1 }]' })).optional();
    const code = z.string().regex(/^[a-z]$/);
    const all = z.strictObject({ stops, code: code.optional() });
    const loaded = loadYaml({ file: 'f', content, schema: all, example: 'code: a' });
    expect(loaded.ok ? 'accepted' : formatFindings(loaded.findings)).toBe(`f:${answer}`);
  });

  test('is accepted with a byte order mark and with CRLF, and the places stay right', () => {
    expect(print('\u{feff}name: laptop\r\nlimits: {}\r\n')).toBe('accepted');
    expect(print('\u{feff}nam: laptop\r\nlimit: {}\r\n')).toBe(
      'agent.yaml:1:1: unknown key "nam"\n    Did you mean name? Known here: name, fast, level, paths, limits.\n' +
        'agent.yaml:2:1: unknown key "limit"\n    Did you mean limits? Known here: name, fast, level, paths, limits.',
    );
  });

  test('is read up to 256 KiB and not one byte more', () => {
    const content = 'name: x\n#'.padEnd(configLimitBytes, '#');
    expect(print(content)).toBe('accepted');
    expect(print(`${content}#`)).toContain('larger than 256 KiB');
    expect(print(`name: x\n#${'ü'.repeat(configLimitBytes / 2)}`)).toContain('larger than 256 KiB');
  });

  test('with hundreds of mistakes prints twenty and counts the rest', () => {
    const many = Array.from({ length: 300 }, (_, index) => `key${index}: 1`).join('\n');
    const printed = print(`name: x\n${many}`);
    expect(printed.match(/unknown key/g)).toHaveLength(20);
    expect(printed).toMatch(/… and 280 more$/);
  });

  test('cut anywhere is either a smaller valid file or a finding, and never a crash', () => {
    const whole = 'name: \'laptop\'\nfast: true\npaths:\n  - /home\n  - "/etc"\nlimits: { upload: 5M }\n';
    for (let length = 0; length <= whole.length; length += 1) wellFormed(whole.slice(0, length));
  });
});

/** The promise of `loadYaml` for any content: a value, or findings that each have a place in the file and a remedy. */
const wellFormed = (content: string | Uint8Array): void => {
  const loaded = load(content);
  if (loaded.ok) return;
  const lines = Buffer.from(content).toString('latin1').split('\n').length;
  for (const finding of loaded.findings satisfies readonly Finding[]) {
    expect(finding.line).toBeGreaterThanOrEqual(1);
    expect(finding.line).toBeLessThanOrEqual(lines);
    expect(finding.column).toBeGreaterThanOrEqual(1);
    expect(finding.remedy).not.toBe('');
    expect(`${finding.message}${finding.remedy}`).not.toMatch(/[\0-\x09\x0b-\x1f\x7f]/);
  }
};

describe('whatever a file holds', () => {
  const words = fc.constantFrom(
    ...[
      'name',
      ': ',
      ':',
      '\n',
      '\r\n',
      '  ',
      '\t',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ',',
      "'",
      '"',
      '&a',
      '*a',
      '!!str',
      '!',
      '|',
      '>-',
    ],
    ...[
      '? ',
      '<<',
      '# ',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '0o7',
      '1e400',
      '-.inf',
      '.nan',
      'null',
      '~',
      '\\x',
      '\u{feff}',
      '\0',
      'paths',
      '__proto__',
    ],
  );
  const yamlish = fc
    .array(fc.oneof(words, words, fc.string({ maxLength: 3 })), { maxLength: 60 })
    .map((parts) => parts.join(''));

  test('bytes of any kind end in findings or in a value', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), wellFormed), randomRuns({ everyday: 200, long: 1000 }));
  });

  test('text made of YAML syntax ends in findings or in a value', () => {
    fc.assert(fc.property(yamlish, wellFormed), randomRuns({ everyday: 500, long: 3000 }));
  });

  test('a valid value written as YAML is read back as itself', () => {
    const config = fc.record(
      {
        name: fc.string({ unit: 'grapheme' }).filter((text) => !/[\0-\x1f\x7f]/.test(text)),
        fast: fc.boolean(),
        level: fc.constantFrom('low', 'high'),
        paths: fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: ['name'] },
    );
    fc.assert(
      fc.property(config, fc.boolean(), (value, flow) => {
        const content = flow ? JSON.stringify(value) : stringify(value);
        const loaded = load(content);
        expect(loaded.ok ? loaded.value : loaded.findings).toEqual({ ...value, limits: {} });
      }),
    );
  });

  // Found by measuring: linear, and 2 s at most for 256 KiB of the worst character on a slow machine. The everyday run tries
  // an eighth, which anything but linear would not get through in an eighth of the time.
  const share = isLong ? 1 : 1 / 8;
  test.each(['[', '- ', '*a ', '! ', '"', ']', 'a:\n', '\n', '\u{10ffff}'])(
    '256 KiB of %j are refused within 5 s',
    (unit) => {
      // Of the processor's time: what else the machine does is not the file's doing.
      const start = process.cpuUsage();
      wellFormed(unit.repeat(Math.floor((share * configLimitBytes) / Buffer.byteLength(unit))));
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1000).toBeLessThan(share * 5000);
    },
  );
});
