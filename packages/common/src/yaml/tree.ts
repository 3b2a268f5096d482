import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml';
import { quoted } from '../parsed.ts';
import type { Place } from './finding.ts';

/** A finding that does not know its file yet. */
export interface TreeFinding extends Place {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** A YAML document as plain values (maps without a prototype), with what we refuse in any document. */
export interface Tree {
  readonly value: unknown;
  readonly findings: readonly TreeFinding[];
}

/** No config of ours nests deeper than five; a thousand brackets are an attack on the stack. */
const deepest = 32;

/** A file of 256 KiB can hold 80,000 mistakes; nobody reads on after these. */
const mostFindings = 200;

/**
 * Turns a parsed document into plain values. Refused wherever they stand: duplicate keys, keys that are not words,
 * `<<`, tags, numbers that YAML versions or people read differently — and every anchor and alias. Nobody needs them in
 * these files, and without them no file means more than it says: a "billion laughs" of 308 bytes is refused by reading
 * it once, without any counting of expansions.
 */
export const plainTree = (document: Document, counter: LineCounter): Tree => {
  const findings: TreeFinding[] = [];
  const once = new Set<string>();

  const find = (node: unknown, code: string, message: string, remedy: string): void => {
    if (findings.length < mostFindings) findings.push({ ...placeOf(node, counter), code, message, remedy });
  };
  const findOnce = (node: unknown, code: string, message: string, remedy: string): void => {
    if (!once.has(code)) find(node, code, message, remedy);
    once.add(code);
  };

  const plain = (node: unknown, depth: number): unknown => {
    if (depth > deepest) {
      findOnce(node, 'too-deep', 'this is nested too deeply', 'Close the brackets, or indent less.');
      return null;
    }
    if (isAlias(node)) {
      findOnce(node, 'alias', `aliases such as *${node.source} are not read`, 'Write the value itself, each time.');
      return null;
    }
    refuseProperties(node);
    if (isMap(node)) return mapOf(node.items, depth);
    if (isSeq(node)) return node.items.map((item) => plain(item, depth + 1));
    if (!isScalar(node)) return null;
    if (typeof node.value === 'number') refuseOddNumber(node, node.source ?? '', node.value);
    return node.value;
  };

  const refuseProperties = (node: unknown): void => {
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return;
    if (node.anchor !== undefined) {
      const remedy = 'Delete the & and its word, and write the value itself wherever * stands for it.';
      findOnce(node, 'alias', `anchors such as &${node.anchor} are not read`, remedy);
    }
    if (node.tag !== undefined)
      findOnce(
        node,
        'tag',
        `the tag ${quoted(node.tag.replace('tag:yaml.org,2002:', '!!'))} is not read`,
        node.tag.startsWith('!') ? 'Delete it; a text that begins with ! stands in quotes.' : 'Delete it.',
      );
  };

  const mapOf = (pairs: readonly Pair[], depth: number): Record<string, unknown> => {
    const map: Record<string, unknown> = Object.create(null);
    const lines = new Map<string, number>();
    for (const { key, value } of pairs) {
      refuseProperties(key);
      const name = isScalar(key) ? String(key.value) : null;
      const content = plain(value, depth + 1);
      if (name === null) {
        if (isAlias(key)) plain(key, depth);
        else find(key, 'not-a-word', 'this key is not a word', 'Write one word, a colon and a space before the value.');
      } else if (name === '<<') {
        find(key, 'merge-key', 'merge keys (<<) are not read', 'Write the lines you want to repeat in full.');
      } else if (lines.has(name)) {
        const remedy = `Keep one of the two: the first stands on line ${lines.get(name)}.`;
        find(key, 'duplicate-key', `${quoted(name)} stands here a second time`, remedy);
      } else if (name === '__proto__') {
        find(key, 'unknown-key', 'unknown key "__proto__"', 'Delete this line.');
      } else {
        lines.set(name, placeOf(key, counter).line);
        map[name] = content;
      }
    }
    return map;
  };

  const refuseOddNumber = (node: unknown, source: string, value: number): void => {
    if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(source)) return;
    const digits = /^[+-]?\d+$/.test(source) ? source.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1') : String(value);
    const text = /^0\d/.test(source) ? ' (or put it in quotes if it is a text)' : '';
    const remedy = Number.isFinite(value)
      ? `Write it in plain digits: ${digits}${text}.`
      : 'Write a number in plain digits.';
    find(node, 'odd-number', `${quoted(source)} is a number that not every reader of YAML reads as the same`, remedy);
  };

  return { value: plain(document.contents, 0), findings };
};

/** Where a value at `path` stands, or its key; for a path that does not exist, the nearest part that does. */
export const locate = (
  root: Node | null,
  path: readonly PropertyKey[],
  side: 'key' | 'value',
  counter: LineCounter,
): Place => {
  let here: unknown = root;
  let key: unknown = root;
  for (const step of path) {
    if (isMap(here)) {
      const pair: Pair | undefined = here.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
      if (pair === undefined) return placeOf(key, counter);
      key = pair.key;
      here = pair.value;
    } else if (isSeq(here) && typeof step === 'number' && here.items[step] !== undefined) {
      key = here.items[step];
      here = key;
    } else return placeOf(key, counter);
  }
  // `uid:` without a value has an empty node behind the colon: the key says better where to look.
  const empty = isScalar(here) && here.value === null && (here.source ?? '') === '';
  return placeOf(side === 'key' || empty || here === null ? key : here, counter);
};

const placeOf = (node: unknown, counter: LineCounter): Place => {
  const offset = (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) && node.range ? node.range[0] : 0;
  const { line, col } = counter.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
};
