import { expect, test } from 'vitest';
import { type Condition, decide } from '../events/condition.ts';
import { hostKeyChangedKey, judgeHostKey } from './host-key-judge.ts';

/** A server that is started again and again: with which key, and what is open then. */
const server = () => {
  let last: string | null = null;
  let known: string | null = null;
  let open: readonly Condition[] = [];
  return {
    start: (now: string): readonly Condition[] => {
      const isOpen = open.some(({ key }) => key === hostKeyChangedKey);
      const judged = judgeHostKey({ last, known, now, isOpen, folder: '/etc/berth/host-keys' });
      open = decide(open, [judged.word], 0).open;
      [last, known] = [now, judged.known];
      return open;
    },
    dismiss: () => {
      open = decide(open, [{ resolve: hostKeyChangedKey }], 0).open;
    },
  };
};

test('another host key than machines know is a trouble at every start, until the old one is back', () => {
  const { start } = server();
  expect(start('SHA256:one')).toEqual([]);
  expect(start('SHA256:one')).toEqual([]);
  expect(start('SHA256:two')).toMatchObject([
    { severity: 'critical', text: expect.stringContaining('as SHA256:one,') },
  ]);
  expect(start('SHA256:two')).toHaveLength(1);
  expect(start('SHA256:one')).toEqual([]);
  expect(start('SHA256:one')).toEqual([]);
});

test('once an admin has said that it is meant, the new key is the one that machines know', () => {
  const { start, dismiss } = server();
  start('SHA256:one');
  start('SHA256:two');
  dismiss();
  expect(start('SHA256:two')).toEqual([]);
  expect(start('SHA256:one')).toMatchObject([{ text: expect.stringContaining('as SHA256:two,') }]);
});

test('a server of an older berth, which kept only its last key, is known by that', () => {
  const judged = judgeHostKey({ last: 'SHA256:one', known: null, now: 'SHA256:two', isOpen: false, folder: '/keys' });
  expect(judged).toMatchObject({ known: 'SHA256:one', word: { raise: { code: 'host-key-changed' } } });
});
