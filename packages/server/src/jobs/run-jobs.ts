import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { parseJson } from '@berth/common/parse-json.ts';
import { exitCode, Problem } from '@berth/common/problem.ts';
import type { z } from 'zod';
import { nodeDisk } from '../store/disk.ts';
import { isProcessAlive } from '../store/sessions.ts';
import type { Job, JobContext } from './job.ts';
import { storageProblem } from './storage-trouble.ts';

/**
 * What a program of jobs does with its words, `NAME --source NAME --directory DIR --args JSON`: it is started by the server (start.ts) and
 * by nobody else. Answers on standard output with lines `{"progress":…}` and one last `{"result":…}` or `{"problem":…}`; resolves to its
 * exit code.
 */
export const runJobs = async (
  registry: readonly Job<z.ZodType, z.ZodType>[],
  words: readonly string[],
): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { source: { type: 'string' }, directory: { type: 'string' }, args: { type: 'string' } },
  });
  const job = registry.find(({ name }) => name === positionals[0]);
  if (job === undefined || values.directory === undefined)
    throw new Error('the server and its job program do not fit together');
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  let isListening = false;
  const context: JobContext = {
    directory: values.directory,
    disk: nodeDisk,
    now: () => new Date(),
    pid: process.pid,
    isAlive: isProcessAlive,
    signal: stopping.signal,
    progress: (progress) => answer({ progress }),
    told: () => {
      isListening = true;
      return told();
    },
  };
  try {
    answer({ result: job.result.parse(await job.run(context, job.args.parse(parseJson(values.args ?? '{}')))) });
    return exitCode.ok;
  } catch (error) {
    const problem = error instanceof Problem ? error : storageProblem(error);
    if (problem === null) throw error;
    answer({ problem: { code: problem.code, happened: problem.message, remedy: problem.remedy } });
    return exitCode.failed;
  } finally {
    // Those who may still say something do not keep it from ending.
    if (isListening) process.stdin.destroy();
  }
};

/** Written at once and whole: the process may end right after it. */
const answer = (line: Readonly<Record<string, unknown>>): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};

const told = async function* (): AsyncGenerator<unknown> {
  for await (const line of createInterface({ input: process.stdin })) {
    const value = parseJson(line);
    if (value !== null) yield value;
  }
};
