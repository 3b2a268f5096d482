import { dirname } from 'node:path';
import type { SystemCall } from './strace.ts';

/** A POST that was answered with 200: its HTTP/2 stream, and the object it sent. */
export interface Answered {
  readonly stream: number;
  readonly name: string;
}

/**
 * What a session's system calls lack for an answer to be true: before the first byte of each 200 went out, the object's
 * last byte was written, then the file synced, then linked under its name, then its folder synced; and its record was
 * written to the journal, and that synced. Each must have returned before the next began. Empty when all is there.
 */
export const disorder = (calls: readonly SystemCall[], answered: readonly Answered[]): readonly string[] => {
  const answers = answersIn(calls);
  return answered.flatMap(({ stream, name }) => {
    const answer = answers.get(stream);
    const missing = answer === undefined ? 'the answer itself' : missingBefore(calls, name, answer);
    return missing === null ? [] : [`${name}: ${missing} is not to be seen before its 200`];
  });
};

/** The first step that is missing, or null. */
const missingBefore = (calls: readonly SystemCall[], name: string, answer: number): string | null => {
  const link = calls.find(
    (call) => isLink(call) && call.result === '0' && stringsIn(call).at(-1)?.endsWith(`/${name}`),
  );
  if (link === undefined || link.ended >= answer) return 'the link';
  const [temporary = '', target = ''] = stringsIn(link);
  const written = calls.filter((call) => isWrite(call) && pathOf(call) === temporary);
  if (written.length === 0) return 'the write of the file';
  const last = Math.max(...written.map(({ ended }) => ended));
  if (!syncs(calls, temporary).some(({ began, ended }) => began > last && ended < link.began))
    return 'the sync of the file';
  const folder = dirname(target);
  if (!syncs(calls, folder).some(({ began, ended }) => began > link.ended && ended < answer))
    return 'the sync of the folder';
  const record = calls.find((call) => isWrite(call) && isJournal(pathOf(call)) && textOf(call).includes(`"${name}"`));
  if (record === undefined) return 'the record';
  const journal = syncs(calls, pathOf(record));
  return journal.some(({ began, ended }) => began > record.ended && ended < answer) ? null : 'the sync of the journal';
};

const isLink = ({ name }: SystemCall): boolean => name === 'link' || name === 'linkat';
const isWrite = ({ name }: SystemCall): boolean => /^p?writev?(?:2|64)?$/.test(name);
const isJournal = (path: string): boolean => /\/journal\/[^/]+\.jsonl$/.test(path);

const syncs = (calls: readonly SystemCall[], path: string): readonly SystemCall[] =>
  calls.filter((call) => /^f(?:data)?sync$/.test(call.name) && call.result === '0' && pathOf(call) === path);

/** The file that a call's first argument, a descriptor, stands for (`strace -y`). */
const pathOf = ({ words }: SystemCall): string => unescaped(/^\d+<([^>]*)>/.exec(words)?.[1] ?? '').toString();

/** Its arguments that are strings. */
const stringsIn = ({ words }: SystemCall): readonly string[] =>
  [...words.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => unescaped(text).toString());

const textOf = (call: SystemCall): string => stringsIn(call).join('');

/** The bytes of a string as `strace -xx` writes it. */
const unescaped = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');

const frameHeaderBytes = 9;
const headersFrame = 1;
/** `:status: 200` as HPACK has it in its static table (RFC 7541, appendix A), which a server sends first. */
const status200 = 0x88;

/** Where in the order the first byte of each 200 went out, by HTTP/2 stream (RFC 9113, 4.1). */
const answersIn = (calls: readonly SystemCall[]): ReadonlyMap<number, number> => {
  const sent = calls.filter((call) => isWrite(call) && /^[01]</.test(call.words) && /^\d+$/.test(call.result));
  const parts = sent.map((call) => ({ bytes: bytesOf(call).subarray(0, Number(call.result)), began: call.began }));
  const stream = Buffer.concat(parts.map(({ bytes }) => bytes));
  const ends: number[] = [];
  for (const { bytes } of parts) ends.push((ends.at(-1) ?? 0) + bytes.length);
  const beganAt = (offset: number): number => parts[ends.findIndex((end) => end > offset)]?.began ?? 0;
  const answers = new Map<number, number>();
  for (let at = 0; at + frameHeaderBytes <= stream.length; at += frameHeaderBytes + stream.readUIntBE(at, 3)) {
    if (stream[at + 3] !== headersFrame || stream[at + frameHeaderBytes] !== status200) continue;
    answers.set(stream.readUInt32BE(at + 5) & 0x7fffffff, beganAt(at));
  }
  return answers;
};

const bytesOf = ({ words }: SystemCall): Buffer =>
  Buffer.concat([...words.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => unescaped(text)));
