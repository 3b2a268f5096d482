import { resolve } from 'node:path';
import { exitCode, Problem } from '@berth/common/problem.ts';
import { parseSize } from '@berth/common/size.ts';
import { type Command, InvalidArgumentError } from 'commander';
import { recordConditions } from '../events/record.ts';
import { parseScrubProgress, scrubJob } from '../jobs/scrub.ts';
import { scrubWords } from '../jobs/scrub-summary.ts';
import { startJob } from '../jobs/start.ts';
import { loadSources } from '../sources/load.ts';
import { appliedFile } from '../supervisor/state.ts';
import type { Shared } from './command.ts';
import { resticSourceInForce } from './on-source.ts';
import { progressBar } from './progress-bar.ts';
import { scrubAdvice, scrubText } from './scrub-text.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly data: string;
  readonly all?: true;
  readonly rate?: number;
  readonly json?: true;
}

/** Adds `scrub`: compares every object of a source with its name. */
export const addScrubCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('scrub')
    .description('read the objects of a source, live and in the trash, and compare each with the hash in its name')
    .argument('<source>', 'whose objects')
    .option('--all', 'everything, from the start (default: what is due today, as the server does by itself)')
    .option('--rate <size>', 'read at most so much a second (default: scrub_rate of sources.yaml)', toRate)
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `${examples(
        'berth-server scrub laptop',
        'berth-server scrub laptop --all',
        'berth-server scrub laptop --all --rate 200M --json',
      )}
What is bad is moved to the quarantine of the source, named, and kept in berth-server events. Nothing else is changed.
Exit codes: 0 all good, 1 failed, 3 something was bad. Ctrl-C stops at once; the next scrub goes on from there.
`,
    )
    .action((name: string, flags: Flags) => scrubCommand(name, flags));
};

const scrubCommand = async (name: string, flags: Flags): Promise<void> => {
  const dataDir = resolve(flags.data);
  const { source, place } = await resticSourceInForce(dataDir, name);
  const loaded = await loadSources(appliedFile(dataDir));
  if (loaded.kind !== 'ok') throw noSettings(dataDir);
  const { scrubMs, scrubRate } = loaded.config.settings;

  using interruption = untilInterrupted();
  const bar = progressBar(process.stderr, flags.json !== true);
  try {
    const result = await startJob(
      place,
      source,
      scrubJob,
      { scrubMs, rateBytesPerSecond: flags.rate ?? scrubRate, all: flags.all === true },
      {
        signal: interruption.signal,
        onProgress: (value) => {
          const progress = parseScrubProgress(value);
          if (progress !== null) bar.show(progress);
        },
      },
    );
    bar.clear();
    await recordConditions(dataDir, scrubWords(name, result), Date.now());
    const advice = scrubAdvice(result.bad, name);
    if (flags.json) process.stdout.write(`${JSON.stringify({ source: name, ...result, advice })}\n`);
    else process.stdout.write(scrubText(result, { source: name, all: flags.all === true, advice }));
    if (result.bad.length > 0 || result.stopped === 'failing-disk') process.exitCode = exitCode.incomplete;
    else if (result.stopped === 'signal') process.exitCode = exitCode.failed;
  } catch (error) {
    if (interruption.signal.aborted && error instanceof Problem) throw stoppedEarly(error);
    throw error;
  } finally {
    bar.clear();
  }
};

const toRate = (text: string): number => {
  const parsed = parseSize(text.replace(/\/s$/, ''));
  if (parsed.ok && parsed.value > 0) return parsed.value;
  throw new InvalidArgumentError('It is a size per second, such as 200M.');
};

/** Its job was ended while it was still being started, and has no answer. */
const stoppedEarly = (cause: Problem): Problem =>
  new Problem('stopped', 'Stopped before anything was read.', 'Type the same command again.', { cause });

const noSettings = (dataDir: string): Problem =>
  new Problem(
    'server-down',
    `What is in force on ${dataDir} can not be read.`,
    `Start the server once: berth-server run --data ${dataDir}`,
  );
