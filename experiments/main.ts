import { exitCode, Problem } from '@berth/common/problem.ts';
import { runSeed } from '../test/helpers/random.ts';
import { helpText, type Options, parseOptions } from './options.ts';
import { registry } from './registry.ts';
import { hasHeld, head, type Result, row, runExperiments, summary } from './run.ts';

/** What a shell shows for a program that Ctrl-C ended. */
const interrupted = 130;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** `npm run experiments`: rows on standard output, progress on standard error. Answers with the exit status. */
const main = async (words: readonly string[]): Promise<number> => {
  let options: Options;
  try {
    options = parseOptions(words, registry);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say(`${error.message}\n${error.remedy}`);
    return exitCode.usage;
  }
  if (options.help) {
    process.stdout.write(helpText(registry));
    return exitCode.ok;
  }
  const aborting = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (aborting.signal.aborted) process.exit(interrupted);
      say('ending what runs; once more to leave at once');
      aborting.abort(new Error('interrupted'));
    });
  }

  const { full, chosen } = options;
  const results: Result[] = [];
  print(head);
  for await (const result of runExperiments(chosen, { full, say, signal: aborting.signal, seed: runSeed() })) {
    results.push(result);
    print(row(result));
  }
  if (options.json) print(summary(results));
  if (aborting.signal.aborted) return interrupted;
  return results.every(hasHeld) ? exitCode.ok : exitCode.failed;
};

process.exitCode = await main(process.argv.slice(2));
