import { setTimeout as sleep } from 'node:timers/promises';
import { exitCode } from '@berth/common/problem.ts';
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { runDaemon } from '../daemon/daemon.ts';
import { complaint, type Health, processLives, readHealth, removeHealth, writeHealth } from '../daemon/health.ts';
import { sensesOf } from '../power/senses.ts';
import { skipHook } from '../power/skip.ts';
import { runIfDue } from '../run/if-due.ts';
import { realWorld } from '../run/world.ts';
import { configFrom } from './config.ts';
import { daemonLog } from './daemon-log.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';

interface Options extends CommonOptions {
  readonly check?: boolean;
}

/** `berth daemon`: what `berth install` makes of the operating system, in one process. `daemon/` does it; this gives it the world. */
export const daemonCommand = (io: Io): Command =>
  new Command('daemon')
    .summary('run backups when they are due, in this process')
    .description(
      'Looks every 15 minutes whether a backup is due, and makes it, until it is told to stop (SIGTERM, Ctrl-C); a backup that goes\non is then stopped in good order. For containers, and wherever nothing else can wake berth. A failing backup does not end it.',
    )
    .option('--check', 'say whether the daemon of this home is well, and exit: 0 it is, 1 it is not')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'what happens as JSON lines on standard output')
    .addHelpText('after', '\nExamples:\n  berth daemon --home /berth --json\n  berth daemon --home /berth --check')
    .action(async (options: Options) => {
      if (options.check) await check(options, io);
      else await live(options, io);
    });

const check = async (options: Options, io: Io): Promise<void> => {
  const health = await readHealth(homeFrom(options, io));
  const words = complaint(health, new Date(), processLives);
  if (options.json) writeJson(io, { well: words === null, words, ...health });
  else io.stdout(`${words ?? 'The daemon is well.'}\n`);
  if (words !== null) process.exitCode = exitCode.failed;
};

const live = async (options: Options, io: Io): Promise<void> => {
  const home = homeFrom(options, io);
  const now = (): Date => new Date();
  const log = daemonLog({ json: options.json === true, now, write: options.json ? io.stdout : io.stderr });
  const health = async (asleepUntil: Date | null): Promise<void> => {
    const state: Health = { pid: process.pid, since: now(), asleepUntil };
    // A full disk is the next run's to report; the daemon goes on, and its check says that it overslept.
    await writeHealth(home, state).catch((error: unknown) => log.failed(error));
  };
  const loadConfig = () => configFrom(home);
  const skip = skipHook({ ...{ home, loadConfig, senses: sensesOf(), now }, onSkip: log.skipped });
  const world = realWorld(home, io.env, io.stderr);
  log.started(home.directory);
  try {
    await runDaemon({
      world: {
        ...{ now, random: Math.random },
        sleep: (delayMs, signal) => sleep(delayMs, undefined, { signal }).catch(() => undefined),
      },
      signal: io.signal,
      wake: () =>
        runIfDue({
          ...{ home, loadConfig, world, skip, signal: io.signal },
          ...{ berthVersion: packageJson.version, onEvent: log.run },
        }),
      onEvent: async (event) => {
        log.daemon(event);
        if (event.type === 'awake') await health(null);
        if (event.type === 'asleep') await health(event.until);
      },
    });
  } finally {
    await removeHealth(home).catch(() => undefined);
  }
  log.stopped();
};
