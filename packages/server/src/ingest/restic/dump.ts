import { parseArgs } from 'node:util';
import { parseJson } from '@berth/common/parse-json.ts';
import { exitCode, Problem } from '@berth/common/problem.ts';
import { isDone } from '@berth/common/restic/result.ts';
import { dumpCall } from './calls.ts';
import { explainPhone } from './explain.ts';
import { openForReading } from './open.ts';

/**
 * The program's word `dump`: a file of a snapshot, or a folder as tar, on standard output and nothing else there; what went wrong in two
 * sentences on standard error. Resolves to the exit code.
 */
export const dump = async (words: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...words],
    options: { source: { type: 'string' }, directory: { type: 'string' }, args: { type: 'string' } },
  });
  const { given, snapshot, path } = dumpCall.args.parse(parseJson(values.args ?? ''));
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  try {
    await using repository = await openForReading(given, process.env['PATH'] ?? '');
    const result = await repository.restic.dump({ snapshot, path }, { signal: stopping.signal });
    if (isDone(result)) return exitCode.ok;
    throw explainPhone(result, 'Reading the snapshot', given.name);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`error: ${error.message}\n  ${error.remedy}\n`);
    return exitCode.failed;
  }
};
