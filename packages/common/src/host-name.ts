import { domainToASCII } from 'node:url';
import type { SourceName } from './brand.ts';
import { accepted, type Parsed, quoted, refused } from './parsed.ts';

/**
 * The longest name. A DNS name may have 253 characters, but the same word is an account here: utmp(5) keeps 32 bytes
 * of a user's name and useradd(8) makes none longer, so ps, who and logs would show two long names as one.
 */
export const longestSourceName = 32;

/**
 * A host name that is also safe as a Linux account and as a folder. RFC 1123 §2.1: labels of letters, digits and inner
 * hyphens, separated by dots, at most 63 characters each; capitals are kept as written (`HOSTNAME`). On top of that:
 * at most 32 characters, and at least one letter, because `chown 100` and `10.0.0.7` must never mean a name.
 * No leading dash, dot, underscore, space or slash is possible in this form, so a name is never an option or a path.
 */
export const parseSourceName = (text: string): Parsed<SourceName> =>
  isSourceName(text) ? accepted(text) : refused('name', `${quoted(text)} ${reason(text)}`, nameRemedy(text));

/** True when `text` is a name `parseSourceName` accepts. */
export const isSourceName = (text: string): text is SourceName =>
  text.length <= longestSourceName && /[A-Za-z]/.test(text) && text.split('.').every(isLabel);

/**
 * The nearest name `parseSourceName` accepts, for a machine's own idea of its name (`Anna's MacBook Pro`) or a typo;
 * null when nothing is left of it. International names get their ASCII form (`xn--…`), which DNS uses too.
 */
export const suggestSourceName = (text: string): SourceName | null => {
  const ascii = /^[ -~]*$/.test(text) ? text : domainToASCII(text.trim()) || text;
  const labels = ascii
    .replace(/['’]/g, '')
    .replace(/[^A-Za-z0-9.-]+/g, '-')
    .split('.')
    .map((label) => label.replace(/^-+|-+$/g, ''))
    .filter((label) => label !== '');
  const whole = labels.join('.');
  // A name too long as a domain usually still says enough by its first label.
  const short = whole.length <= longestSourceName ? whole : (labels[0] ?? '');
  const suggestion = short.slice(0, longestSourceName).replace(/[-.]+$/, '');
  if (isSourceName(suggestion)) return suggestion;
  const prefixed = `host-${suggestion}`.replaceAll('.', '-');
  return /\d/.test(suggestion) && isSourceName(prefixed) ? prefixed : null;
};

const isLabel = (label: string): boolean => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label);

const reason = (text: string): string => {
  if (text === '') return 'is empty, so it is no host name';
  if (/^[\d.]+$/.test(text))
    return text.includes('.') ? 'is an address, not a host name' : 'is a number, not a host name';
  if (/^\s|\s$/.test(text)) return 'has a space around it, so it is no host name';
  const odd = /[^A-Za-z0-9.-]/u.exec(text);
  if (odd !== null) return `is not a host name: ${quoted(odd[0])} can't be in one`;
  if (/^\.|\.$|\.\./.test(text)) return 'is not a host name: a dot stands between two parts';
  if (/^-|-$|-\.|\.-/.test(text)) return "is not a host name: a part can't begin or end with a hyphen";
  if (text.length > longestSourceName)
    return `is longer than ${longestSourceName} characters, the most a Linux account can have`;
  return 'has no letter, so it is no host name';
};

const nameRemedy = (text: string): string => {
  const suggestion = suggestSourceName(text);
  const rule = `letters, digits and inner hyphens, at most ${longestSourceName}`;
  return suggestion === null ? `Write the machine's host name: ${rule}.` : `Write ${suggestion} (${rule}).`;
};
