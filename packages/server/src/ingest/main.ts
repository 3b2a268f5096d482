import { runJobs } from '../jobs/run-jobs.ts';
import { ingestJobs } from './registry.ts';

// The program for work on what a phone's Syncthing brings: run-jobs.ts says what it is told and answers.
process.umask(0o077);
process.exitCode = await runJobs(ingestJobs, process.argv.slice(2));
