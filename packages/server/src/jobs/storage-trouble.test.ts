import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storageProblem, storageTrouble } from './storage-trouble.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'berth-'));
  mkdirSync(join(home, 'journal'));
});
afterEach(() => rmSync(home, { recursive: true }));

const refusal = (() => {
  try {
    return statSync('/nonexistent/journal');
  } catch (error) {
    return error;
  }
})();

test('what the system refuses a job is its storage’s trouble, and a bug is not', () => {
  const problem = storageProblem(refusal);
  expect(problem?.code).toBe('storage-failed');
  expect(storageTrouble(home, problem)).toContain('ENOENT: no such file or directory');
  expect(storageProblem(new TypeError('undefined is not a function'))).toBeNull();
  expect(storageTrouble(home, new TypeError('undefined is not a function'))).toBeNull();
  expect(storageTrouble(home, new Problem('job-failed', 'The review of x failed: no answer.', ''))).toBeNull();
  expect(storageTrouble(home, null)).toBeNull();
});

test('so is a folder that its jail does not find, and one that is gone whatever the job said', () => {
  const words = 'The review of x failed: setpriv: could not open file for landlock: Permission denied.';
  expect(storageTrouble(home, new Problem('job-failed', words, ''))).toBe(words);
  rmSync(join(home, 'journal'), { recursive: true });
  expect(storageTrouble(home, null)).toContain('Its folder can not be found');
});
