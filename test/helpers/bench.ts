import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import { repository } from './receiver.ts';

/** Stands for any measured number. */
export const measured: unknown = expect.any(Number);

/** The last line of a benchmark, which is its result. Rejects with its words when it fails. */
export const resultOf = async (script: string, ...words: readonly string[]): Promise<unknown> => {
  const file = join(repository, 'bench', script);
  const { stdout } = await execa(process.execPath, [file, '--json', ...words], { timeout: 280_000 });
  return JSON.parse(stdout.split('\n').at(-1) ?? '');
};

/** The result of a load that every client was seen through. */
export const loadOf = (receiver: 'process' | 'container', clients: number) => ({
  receiver,
  clients,
  completed: clients,
  seconds: measured,
  connect: { p50Ms: measured, p99Ms: measured },
  server: { idleBytes: measured, peakBytes: measured, cpuSeconds: measured },
});
