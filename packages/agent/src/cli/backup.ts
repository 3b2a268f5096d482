import type { Report, ReportStep } from '@berth/common/report.ts';
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { exitCodeOf } from '../run/explain.ts';
import { type RunEvent, runBackup } from '../run/run.ts';
import { realWorld } from '../run/world.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { type ProgressDisplay, progressDisplay } from './progress.ts';
import { printable, size, span } from './words.ts';

interface Options extends CommonOptions {
  readonly dryRun?: boolean;
}

/** `berth backup`: one run, as agent.yaml says. `run/run.ts` does it; this shows it. */
export const backupCommand = (io: Io): Command =>
  new Command('backup')
    .summary('back up now')
    .description(
      'Backs up what agent.yaml names, thins out old snapshots, and when they are due prunes and checks a share of the\nrepository. A cut connection is tried again. A report of every run is kept; "berth status" shows the last.',
    )
    .option('--dry-run', 'show what would be read and stored; store, forget and run nothing')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'events, and the report last, as JSON lines on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  berth backup\n  berth backup --dry-run\n  berth backup --json | tail -n 1 | jq .outcome',
    )
    .action(async (options: Options) => {
      const home = homeFrom(options, io);
      const display = progressDisplay(io, options.json === true);
      const { report, file } = await runBackup({
        home,
        loadConfig: () => configFrom(home),
        world: realWorld(home, io.env, io.stderr),
        signal: io.signal,
        berthVersion: packageJson.version,
        dryRun: options.dryRun === true,
        onEvent: (event) => (options.json ? showObject(io, display, event) : showText(io, display, event)),
      }).finally(display.clear);
      if (options.json) writeJson(io, { event: 'report', file, ...report });
      else tell(io, report);
      process.exitCode = exitCodeOf(report);
    });

const showObject = (io: Io, display: ProgressDisplay, event: RunEvent): void => {
  if (event.type === 'progress') {
    display.show(event.progress);
    return;
  }
  const { type, ...rest } = event;
  writeJson(io, { event: type, ...rest });
};

const showText = (io: Io, display: ProgressDisplay, event: RunEvent): void => {
  if (event.type === 'progress') {
    display.show(event.progress);
    return;
  }
  display.clear();
  io.stderr(
    event.type === 'step' ? stepText(event.step) : `Cut off (${event.reason}); again in ${span(event.delayMs)}.\n`,
  );
};

const stepText = (step: ReportStep): string => {
  const tookMs = new Date(step.endedAt).getTime() - new Date(step.startedAt).getTime();
  const mark = { ok: 'ok', incomplete: 'INCOMPLETE', failed: 'FAILED', cancelled: 'stopped' }[step.outcome];
  const words = step.outcome === 'ok' ? [] : step.words.slice(0, 5);
  const lines = [...words, ...step.warnings.slice(0, 5)].map((line) => `    ${printable(line)}\n`);
  return `${step.name.padEnd(12)} ${mark.padEnd(10)} ${span(tookMs).padEnd(10)} ${numbersText(step)}`
    .trimEnd()
    .concat('\n', ...lines);
};

const numbersText = ({ name, numbers }: ReportStep): string => {
  const {
    filesNew,
    filesChanged,
    filesUnmodified,
    bytesProcessed,
    bytesAdded,
    snapshotsKept,
    snapshotsRemoved,
    bytesRemoved,
  } = numbers;
  if (name === 'backup' && filesNew !== undefined) {
    const files = `${filesNew} new, ${filesChanged ?? 0} changed, ${filesUnmodified ?? 0} unmodified files`;
    return `${files}; ${size(bytesProcessed ?? 0)} read, ${size(bytesAdded ?? 0)} new`;
  }
  if (snapshotsKept !== undefined) return `snapshots: ${snapshotsKept} kept, ${snapshotsRemoved ?? 0} forgotten`;
  return bytesRemoved === undefined ? '' : `${size(bytesRemoved)} no longer needed`;
};

const tell = (io: Io, report: Report): void => {
  if (report.message !== null)
    io.stderr(
      `berth: ${printable(report.message)}\n${report.remedy === null ? '' : `  ${printable(report.remedy)}\n`}`,
    );
  if (report.dryRun) io.stdout('That was a dry run: nothing was stored.\n');
  else if (report.snapshot !== null) io.stdout(`Snapshot ${report.snapshot.slice(0, 8)} is on the server.\n`);
};
