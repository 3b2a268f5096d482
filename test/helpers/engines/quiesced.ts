import type { Down } from '../../../packages/agent/src/containers/containers.ts';

/** What a test's quiesce answers once it stopped its server: `start` starts it again, once. */
export const downUntil = (start: () => Promise<void>): Down => {
  let started: Promise<void> | null = null;
  const up = async () => {
    started ??= start();
    await started;
    return { downMs: 0, meanwhile: [], warnings: [] };
  };
  return {
    signal: new AbortController().signal,
    up,
    [Symbol.asyncDispose]: async () => {
      await up();
    },
  };
};
