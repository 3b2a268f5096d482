import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Bytes } from '@berth/common/brand.ts';
import { Problem } from '@berth/common/problem.ts';
import { formatSize, parseSize } from '@berth/common/size.ts';
import { problemOf } from '@berth/common/yaml/finding.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadSources } from '../sources/load.ts';
import { requireDataDir } from '../supervisor/enter.ts';
import { defaultPort } from '../supervisor/run.ts';
import { withEngine } from './engine.ts';
import { health } from './health.ts';
import { followOutput, lastLinesOf } from './output.ts';
import { requirePhoneFolders } from './phone-folders.ts';
import { pagePortOf, phoneMounts, type RestartPolicy, restartPolicies } from './settings.ts';
import { down, find, up } from './up.ts';

interface Places {
  readonly config: string;
  readonly data: string;
}

interface Shared {
  readonly toPort: (text: string) => number;
  readonly examples: (...lines: readonly string[]) => string;
  readonly defaults: Places;
}

interface UpFlags extends Places {
  readonly port?: number;
  readonly listen?: string;
  readonly memory: Bytes;
  readonly restart: RestartPolicy;
  readonly image: string;
  readonly name: string;
  readonly json?: true;
}

const defaultMemory = '2G';
const name = ['--name <name>', "the container's name", 'berth'] as const;

const say = (text: string): void => {
  process.stdout.write(text);
};

/** Adds `up`, `down`, `logs` and `health`: the receiver in its container, through the Docker engine. */
export const addContainerCommands = (program: Command, { toPort, examples, defaults }: Shared): void => {
  program
    .command('up')
    .description('run the server in a container: make it, or replace it once a new one is healthy')
    .option('--config <file>', 'who may moor; its folder is mounted, with host-keys in it', defaults.config)
    .option('--data <dir>', 'where the backups are', defaults.data)
    .option('--port <number>', 'where the machines knock (default: as sources.yaml says, else 2222)', toPort)
    .option('--listen <address>', 'the only address to listen on (default: every one)')
    .addOption(
      new Option('--memory <size>', 'the most it may take')
        .argParser(toMemory)
        .default(toMemory(defaultMemory), defaultMemory),
    )
    .addOption(
      new Option('--restart <policy>', 'when it ends by itself').choices(restartPolicies).default('unless-stopped'),
    )
    .option('--image <image>', 'the image', 'berth')
    .option(...name)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples('berth-server up', 'berth-server up --config ./sources.yaml --data /volume1/berth --memory 4G'),
    )
    .action(async (flags: UpFlags) => {
      const configFile = resolve(flags.config);
      const dataDir = resolve(flags.data);
      requireDataDir(dataDir);
      const { settings, sources } = await configOf(configFile);
      const port = flags.port ?? settings.port ?? defaultPort;
      const wishes = {
        image: flags.image,
        name: flags.name,
        configDir: realpathSync(dirname(configFile)),
        dataDir: realpathSync(dataDir),
        port,
        address: flags.listen ?? null,
        pagePort: pagePortOf(settings.people.page),
        memoryBytes: flags.memory,
        restart: flags.restart,
        mounts: phoneMounts(sources),
      };
      requirePhoneFolders(sources, wishes);
      const { outcome, memoryLimited } = await withEngine(
        'Then type berth-server up as before: it finishes what was begun.',
        (docker) => up(docker, wishes, (line) => (flags.json ? undefined : say(`${line}\n`))),
      );
      const memory = formatSize(flags.memory);
      if (!memoryLimited) process.stderr.write(unlimited(memory));
      if (flags.json)
        say(`${JSON.stringify({ outcome, name: flags.name, port, sources: sources.length, memoryLimited })}\n`);
      else {
        const limit = memoryLimited ? memory : 'no memory limit';
        say(`${flags.name}: ${outcome}, healthy, on port ${port}, ${sources.length} sources, ${limit}\n`);
      }
    });

  program
    .command('down')
    .description('stop and remove the container; backups, sources.yaml and host keys stay')
    .option(...name)
    .option('--json', 'for programs')
    .addHelpText('after', examples('berth-server down'))
    .action(async (flags: { name: string; json?: true }) => {
      const removed = await withEngine('Then type berth-server down as before.', (docker) => down(docker, flags.name));
      if (flags.json) say(`${JSON.stringify({ name: flags.name, removed })}\n`);
      else say(removed ? `${flags.name}: removed; the backups stay\n` : `There is no container ${flags.name}.\n`);
    });

  program
    .command('logs')
    .description('show what the server in the container says')
    .option(...name)
    .option('--follow', 'go on until Ctrl-C')
    .option('--lines <number>', 'how many to begin with', toLines, 100)
    .addHelpText('after', examples('berth-server logs --follow'))
    .action(async (flags: { name: string; follow?: true; lines: number }) => {
      await withEngine('Then type berth-server logs as before.', async (docker) => {
        const found = await find(docker, flags.name);
        if (found === null) throw noContainer(flags.name);
        if (flags.follow !== true) return say(`${await lastLinesOf(found.container, flags.lines)}\n`);
        const stopping = new AbortController();
        process.once('SIGINT', () => stopping.abort());
        await followOutput(docker, found.container, {
          lines: flags.lines,
          to: process.stdout,
          signal: stopping.signal,
        });
      });
    });

  program
    .command('health')
    .description('say whether the server on this machine does its work; exit code 1 when it does not')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText('after', examples('berth-server health', 'berth-server health --json'))
    .action(async (flags: { data: string; json?: true }) => {
      try {
        const { refused } = await health(resolve(flags.data));
        if (flags.json) say(`${JSON.stringify({ healthy: true, refused })}\n`);
        else say(refused ? 'healthy, with the last good sources.yaml: the latest is refused\n' : 'healthy\n');
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const { code, message, remedy } = error;
        if (flags.json) say(`${JSON.stringify({ healthy: false, code, message, remedy })}\n`);
        throw error;
      }
    });
};

const configOf = async (file: string) => {
  if (basename(file) !== 'sources.yaml' && statSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw new Problem(
      'config-name',
      `The container reads sources.yaml in the folder it is given, and this is ${basename(file)}.`,
      `Name it so: mv ${file} ${resolve(dirname(file), 'sources.yaml')}`,
    );
  }
  const loaded = await loadSources(file);
  if (loaded.kind === 'unreadable') throw loaded.problem;
  if (loaded.kind === 'invalid') throw problemOf(loaded.findings);
  return loaded.config;
};

const unlimited = (memory: string): string =>
  `berth-server: The engine does not limit memory: the container may take more than ${memory}.\n` +
  '  A rootless engine can where systemd gives it the memory controller of cgroup v2: docker info says what is missing.\n';

/** Docker's own floor is 6 MB; a supervisor alone takes about 90. */
const toMemory = (text: string): Bytes => {
  const parsed = parseSize(text);
  if (parsed.ok && parsed.value >= 256 * 1024 ** 2) return parsed.value;
  throw new InvalidArgumentError('It is a size of at least 256M, such as 2G.');
};

const toLines = (text: string): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number.');
};

const noContainer = (container: string): Problem =>
  new Problem('no-container', `There is no container ${container}.`, 'Make it: berth-server up');
