import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { parseDuration } from '@berth/common/duration.ts';
import { parseSourceName, suggestSourceName } from '@berth/common/host-name.ts';
import { exitCode } from '@berth/common/problem.ts';
import { isFingerprint } from '@berth/common/ssh-key.ts';
import { Command } from 'commander';
import { terminalConversation } from '../enroll/conversation.ts';
import { enrol } from '../enroll/enroll.ts';
import { parseDestination } from '../transport/destination.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { usageProblem } from './problems.ts';

interface Options extends CommonOptions {
  readonly name?: string;
  readonly hostKey?: string;
  readonly timeout: string;
  readonly wait: boolean;
  readonly path: readonly string[];
}

/** `berth enroll`: see `enroll/enroll.ts` for what it promises. */
export const enrollCommand = (io: Io): Command =>
  new Command('enroll')
    .summary('make this machine a source of a server')
    .description(
      'Makes a key and a repository password, confirms the server, prints the line for its sources.yaml, waits until the\nserver lets this machine in, makes the repository and writes agent.yaml. Can be run again at any time: it goes on\nwhere it stopped and never overwrites anything.',
    )
    .argument('<server>', 'the server: [USER@]HOST[:PORT], port 2222 unless named, IPv6 in brackets')
    .option('--name <name>', "the source's name in sources.yaml; this machine's host name unless named")
    .option('--host-key <fingerprint>', 'the host key to trust, SHA256:…, as "berth-server status" shows it')
    .option('--path <path>', 'what agent.yaml should back up; may be repeated', collect, [])
    .option('--timeout <duration>', 'how long to wait to be let in', '1h')
    .option('--no-wait', 'do not wait to be let in')
    .option('--home <dir>', 'keep everything in DIR')
    .option('--json', 'one event per line on standard output')
    .addHelpText(
      'after',
      `
Examples:
  berth enroll nas.lan
  berth enroll nas.lan:2022 --name laptop
  berth enroll berth@nas.lan --name laptop        a server that runs without root, as its user "berth"
  berth enroll [fd00::5]:2222 --host-key SHA256:… --no-wait`,
    )
    .action(async (server: string, options: Options) => {
      const name = nameFrom(options.name);
      const done = await enrol({
        destination: parseDestination(server, name),
        name,
        home: homeFrom(options, io),
        explicitHome: options.home !== undefined,
        expectedHostKey: fingerprintFrom(options.hostKey),
        paths: options.path.map((path) => resolve(path)),
        timeoutMs: options.wait ? timeoutFrom(options.timeout) : 0,
        conversation: terminalConversation(io.signal),
        onEvent: (event) => {
          if (options.json) writeJson(io, event);
        },
        signal: io.signal,
      });
      if (!done && options.wait) process.exitCode = exitCode.untrusted;
    });

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const nameFrom = (given: string | undefined): string => {
  const text = given ?? suggestSourceName(hostname());
  if (text === null)
    throw usageProblem(
      `This machine's host name "${hostname()}" cannot be a source's name.`,
      'Choose one with --name.',
    );
  const name = parseSourceName(text);
  if (!name.ok) throw usageProblem(`--name: ${name.message}.`, name.remedy);
  return name.value;
};

const fingerprintFrom = (given: string | undefined): string | null => {
  if (given === undefined) return null;
  if (isFingerprint(given)) return given;
  throw usageProblem(
    `--host-key: "${given}" is no fingerprint.`,
    'Write it as "berth-server status" shows it: SHA256: and 43 characters.',
  );
};

const timeoutFrom = (text: string): number => {
  const duration = parseDuration(text);
  if (!duration.ok) throw usageProblem(`--timeout: ${duration.message}.`, duration.remedy);
  return duration.value;
};
