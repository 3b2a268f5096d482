import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { exitCode, Problem } from '@berth/common/problem.ts';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { addAdoptCommand } from './cli/adopt.ts';
import { addAlertsCommand } from './cli/alerts.ts';
import { addClockCommand } from './cli/clock.ts';
import { say, sayJson } from './cli/command.ts';
import { addDigestCommand } from './cli/digest.ts';
import { addEventsCommand } from './cli/events.ts';
import { addFsckCommand } from './cli/fsck.ts';
import { addHistoryCommand } from './cli/history.ts';
import { addPhoneCommands } from './cli/phone.ts';
import { addPurgeCommand } from './cli/purge.ts';
import { addReleaseCommand } from './cli/release.ts';
import { addRewindCommand } from './cli/rewind.ts';
import { addScrubCommand } from './cli/scrub.ts';
import { addStatusCommands } from './cli/status.ts';
import { addContainerCommands } from './container/commands.ts';
import { init } from './init/init.ts';
import { describeJail } from './session/jail-detect.ts';
import { ensureHostKey } from './sshd/host-key.ts';
import { check } from './status/check.ts';
import { printCheck } from './status/print.ts';
import { enter, hasEntered, requireDataDir } from './supervisor/enter.ts';
import { isLocked } from './supervisor/lock.ts';
import { detectMode, isolationOf } from './supervisor/mode.ts';
import { thisProgram } from './supervisor/program.ts';
import { type Ready, run } from './supervisor/run.ts';
import { readState } from './supervisor/state.ts';
import { version } from './version.ts';

/** An image or a package says where its own things are, so that what people are told to type works there. */
const defaults = {
  directory: '/etc/berth',
  config: process.env['BERTH_SOURCES'] ?? '/etc/berth/sources.yaml',
  data: process.env['BERTH_DATA_DIR'] ?? '/data',
} as const;

const toPort = (text: string): number => {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It is a number from 1 to 65535.');
};

const program = new Command('berth-server')
  .description("Receives every machine's backup: who may moor stands in sources.yaml.")
  .version(version)
  .helpCommand(false)
  .showHelpAfterError('(berth-server --help shows the commands)')
  .exitOverride();

const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;

program
  .command('init')
  .description('write a commented sources.yaml (unless there is one) and make the host key')
  .argument('[dir]', 'where', defaults.directory)
  .option('--host-keys <dir>', 'where the host key goes (default: <dir>/host-keys)')
  .option('--json', 'for programs')
  .addHelpText('after', examples('berth-server init', 'berth-server init ./receiver'))
  .action(async (dir: string, options: { hostKeys?: string; json?: true }) => {
    const directory = resolve(dir);
    const { configFile, configWritten, hostKey } = await init(
      directory,
      resolve(options.hostKeys ?? join(directory, 'host-keys')),
    );
    if (options.json) return sayJson({ config: configFile, configWritten, hostKeyFingerprint: hostKey.fingerprint });
    say(`${configWritten ? 'wrote' : 'kept'}     ${configFile}\nhost key  ${hostKey.fingerprint}\n\n`);
    say(`Next: start the server (berth-server run --config ${configFile} --data DIR), then run berth enroll\n`);
    say('on each machine: it asks you to compare this host key, and prints the lines for sources.yaml.\n');
  });

program
  .command('check')
  .description('say whether sources.yaml and the secrets it names are in order, and what it would change')
  .option('--config <file>', 'the file', defaults.config)
  .option('--data <dir>', 'the data directory', defaults.data)
  .option('--would-start', 'a secret that is missing is a warning: without it the server starts all the same')
  .option('--json', 'for programs')
  .addHelpText('after', examples('berth-server check', 'berth-server check --config new.yaml --json'))
  .action(async (options: { config: string; data: string; wouldStart?: true; json?: true }) => {
    const result = await check({
      configFile: resolve(options.config),
      dataDir: resolve(options.data),
      mode: detectMode(),
    });
    const isFine = result.findings.length + (options.wouldStart ? 0 : result.silent.length) === 0;
    if (options.json) sayJson(result);
    else (isFine ? process.stdout : process.stderr).write(printCheck(result));
    process.exitCode = isFine ? exitCode.ok : exitCode.failed;
  });

program
  .command('run')
  .description('be the server, in the foreground, until SIGTERM or SIGINT; SIGHUP reads sources.yaml at once')
  .option('--config <file>', 'who may moor', defaults.config)
  .option('--data <dir>', 'where the backups are', defaults.data)
  .option('--host-keys <dir>', 'where the host key is (default: host-keys beside the config)')
  .option('--port <number>', 'where to listen (default: as sources.yaml says, else 2222)', toPort)
  .option('--listen <address>', 'the only address to listen on (default: every one)')
  .option('--json', 'print the line that says "ready" as JSON')
  .addHelpText(
    'after',
    examples('berth-server run', 'berth-server run --config ./sources.yaml --data /volume1/berth --port 2222'),
  )
  .action(
    async (options: {
      config: string;
      data: string;
      hostKeys?: string;
      port?: number;
      listen?: string;
      json?: true;
    }) => {
      const configFile = resolve(options.config);
      const dataDir = resolve(options.data);
      const hostKeys = resolve(options.hostKeys ?? join(dirname(configFile), 'host-keys'));
      const mode = detectMode();
      requireDataDir(dataDir);
      if (!hasEntered(mode)) {
        if (await isLocked(dataDir)) throw alreadyRunning(dataDir);
        // Here, while /etc is still the host's own: a key made later would be lost with the namespace.
        mkdirSync(hostKeys, { recursive: true, mode: 0o700 });
        await ensureHostKey(hostKeys);
        enter(mode, thisProgram(), dataDir, process.argv.slice(2));
      }
      const log = pino(
        { base: null, timestamp: pino.stdTimeFunctions.isoTime },
        pino.destination({ dest: 2, sync: true }),
      );
      await run(
        { mode, configFile, dataDir, hostKeys, port: options.port ?? null, address: options.listen ?? null, log },
        (ready) => (options.json ? sayJson({ ready: true, ...ready }) : say(readyText(ready))),
      );
      process.exit(exitCode.ok);
    },
  );

addStatusCommands(program, { examples, defaults });
addEventsCommand(program, { examples, defaults });
addAlertsCommand(program, { examples, defaults });
addDigestCommand(program, { examples, defaults });
addClockCommand(program, { examples, defaults });
addHistoryCommand(program, { examples, defaults });
addRewindCommand(program, { examples, defaults });
addScrubCommand(program, { examples, defaults });
addPurgeCommand(program, { examples, defaults });
addReleaseCommand(program, { examples, defaults });
addFsckCommand(program, { examples, defaults });
addAdoptCommand(program, { examples, defaults });
addPhoneCommands(program, { examples, defaults });
addContainerCommands(program, { toPort, examples, defaults });
for (const command of program.commands) {
  command.showHelpAfterError(`(berth-server ${command.name()} --help shows what it takes)`);
}

const readyText = ({ address, port, mode, hostKeyFingerprint, sources, pid, jail }: Ready): string =>
  `ready: ${address ?? 'every address'}, port ${port}, ${sources} ${sources === 1 ? 'source' : 'sources'}, pid ${pid}\n` +
  `host key ${hostKeyFingerprint}\n${isolationOf[mode]}\njail: ${describeJail(jail)}\n`;

const alreadyRunning = (dataDir: string): Problem => {
  const pid = readState(dataDir)?.pid;
  return new Problem(
    'already-running',
    `A server${pid === undefined ? '' : ` (pid ${pid})`} runs on ${dataDir} already.`,
    `See it with: berth-server status --data ${dataDir}`,
  );
};

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  else if (error instanceof Problem) {
    process.stderr.write(`berth-server: ${error.message}\n  ${error.remedy.replaceAll('\n', '\n  ')}\n`);
    process.exit(['already-running', 'source-busy', 'busy'].includes(error.code) ? exitCode.busy : exitCode.failed);
  } else throw error;
}
