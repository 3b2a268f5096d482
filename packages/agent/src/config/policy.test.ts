import { noPolicy, type Policy } from '@berth/common/control/policy.ts';
import { expect, test } from 'vitest';
import { parseConfig } from './load.ts';
import { policyOf } from './policy.ts';

const day = 86_400_000;
const server: Policy = {
  retention: { daily: 7, weekly: 4, monthly: 6, yearly: 1, keepWithinMs: day },
  prune: { everyMs: 3 * day },
  check: { everyMs: 10 * day, sharePercent: 10 },
};

const joined = (more: string, policy: Policy) => {
  const parsed = parseConfig('agent.yaml', `server: nas\nname: box\npaths: [/home]\n${more}`);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return policyOf(parsed.config, policy);
};

test('where agent.yaml writes nothing, the server says it alone, even where it asks for less than our defaults', () => {
  expect(joined('', server)).toEqual({
    retention: { daily: 7, weekly: 4, monthly: 6, yearly: 1, keep_within: day },
    prune: { every: 3 * day, max_unused: '5%' },
    check: { every: 10 * day, share: 10 },
  });
});

test('where the server says nothing, agent.yaml says it alone', () => {
  expect(joined('retention: { daily: 3 }\nprune: { every: 1d }', noPolicy)).toEqual({
    retention: { daily: 3, weekly: 8, monthly: 12, yearly: 3, keep_within: 2 * day },
    prune: { every: day, max_unused: '5%' },
    check: { every: 7 * day, share: 5 },
  });
});

test('agent.yaml may keep more, prune and check more often, and check more', () => {
  const strict = `retention: { daily: 30, yearly: 10, keep_within: 7d }
prune: { every: 1d }
check: { every: 1d, share: 50% }`;
  expect(joined(strict, server)).toEqual({
    retention: { daily: 30, weekly: 4, monthly: 6, yearly: 10, keep_within: 7 * day },
    prune: { every: day, max_unused: '5%' },
    check: { every: day, share: 50 },
  });
});

test('agent.yaml may not keep less, prune or check less often, nor check less', () => {
  const loose = `retention: { daily: 1, weekly: 0, monthly: 0, yearly: 0, keep_within: 1s }
prune: { every: 300d }
check: { every: 300d, share: 1% }`;
  expect(joined(loose, server)).toEqual(joined('', server));
});

test('a server that asks to keep nothing does not empty the repository', () => {
  const nothing = { daily: 0, weekly: 0, monthly: 0, yearly: 0, keepWithinMs: 0 };
  expect(joined('', { ...noPolicy, retention: nothing }).retention.daily).toBe(14);
});
