import { jobs } from './registry.ts';
import { runJobs } from './run-jobs.ts';

// The job program, for work on what a source has stored: run-jobs.ts says what it is told and answers.
process.umask(0o077);
process.exitCode = await runJobs(jobs, process.argv.slice(2));
