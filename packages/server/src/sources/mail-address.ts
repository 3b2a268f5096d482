import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { z } from 'zod';

/**
 * A mail address as servers everywhere take it: RFC 5321's Dot-string and a domain. No quotes, no comments, no names beside it, so that
 * nothing in one can ever begin a second header.
 */
export const parseMailAddress = (text: string): Parsed<string> => {
  const at = text.lastIndexOf('@');
  const [local, domain] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  const isLocal = local.length <= 64 && /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(local);
  if (isLocal && isDomain(domain) && text.length <= 254) return accepted(text);
  return refused('mail-address', `${quoted(text)} is no mail address`, remedyFor(text));
};

/** The name of a host on the network: labels of letters, digits and inner hyphens. */
export const isDomain = (text: string): boolean =>
  text.length <= 253 && text.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/i.test(label));

/** `to`: one address, or a list of them. */
export const mailAddresses = z
  .unknown()
  .transform((value, context): readonly string[] => {
    const say = (path: readonly number[], code: string, message: string, remedy: string): void => {
      context.issues.push({ code: 'custom', path: [...path], message, input: value, params: { code, remedy } });
    };
    if (value === undefined || value === null) {
      say([], 'missing', 'it is not said to whom', `Write ${example}`);
      return [];
    }
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    const seen = new Map<string, number>();
    if (texts.length === 0) say([], 'out-of-range', 'to is empty', `Write ${example}`);
    if (texts.length > most)
      say([], 'out-of-range', `to must be at most ${most}`, 'Write the address of a mailing list.');
    return texts.flatMap((text, index) => {
      const path = Array.isArray(value) ? [index] : [];
      const parsed =
        typeof text === 'string' ? parseMailAddress(text) : refused('mail-address', notAText, `Write ${example}`);
      if (!parsed.ok) {
        say(path, parsed.code, parsed.message, parsed.remedy);
        return [];
      }
      const first = seen.get(parsed.value.toLowerCase());
      if (first !== undefined)
        say(path, 'duplicate-address', `${quoted(parsed.value)} stands here twice`, 'Delete one of the two.');
      seen.set(parsed.value.toLowerCase(), index);
      return [parsed.value];
    });
  })
  .meta({ example: 'to: me@example.org' });

const example = 'to: me@example.org, or a list: to: [me@example.org, you@example.org]';
const notAText = 'an address is a text';
const most = 50;

const remedyFor = (text: string): string => {
  const inside = /<([^<>\s]+@[^<>\s]+)>/.exec(text)?.[1];
  if (inside !== undefined && parseMailAddress(inside).ok) return `Write the address alone: ${inside}`;
  const several = text.split(/\s*[,;\s]\s*/).filter((part) => part !== '');
  if (several.length > 1 && several.every((part) => parseMailAddress(part).ok)) {
    return `Write several as a list: to: [${several.join(', ')}]`;
  }
  return 'Write one with an @ and nothing beside it, for example me@example.org.';
};
