import { runJobs } from '../jobs/run-jobs.ts';
import { ingestJobs } from './registry.ts';
import { dump } from './restic/dump.ts';

// The program for work on what a phone's Syncthing brings: run-jobs.ts says what it is told and answers; `dump` answers with bytes.
process.umask(0o077);
const words = process.argv.slice(2);
process.exitCode = words[0] === 'dump' ? await dump(words.slice(1)) : await runJobs(ingestJobs, words);
