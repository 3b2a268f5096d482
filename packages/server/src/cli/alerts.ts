import { exitCode, Problem } from '@berth/common/problem.ts';
import { didYouMean } from '@berth/common/yaml/suggest.ts';
import type { Command } from 'commander';
import { keyOf } from '../events/condition.ts';
import { readConditions } from '../events/files.ts';
import { recordConditions } from '../events/record.ts';
import { shownSettings } from '../monitor/shown-settings.ts';
import { table } from '../status/table.ts';
import { type AskingFlags, asked, noChannel, type Told, toldOn } from './asking.ts';
import { type Shared, say, sayJson } from './command.ts';
import { conditionLines } from './events-text.ts';
import { sentText } from './sent-text.ts';
import { type Waiting, waitingLines } from './waiting-text.ts';

interface Flags extends AskingFlags {
  readonly json?: true;
}

/** Adds `alerts`: whom the server tells, and a test of that. */
export const addAlertsCommand = (program: Command, { examples, defaults }: Shared): void => {
  const alerts = program
    .command('alerts')
    .description('show whom the server tells, whether that works, and what is on its way; with "test", try a channel')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText('after', examples('berth-server alerts', 'berth-server alerts test mail'))
    .action(async (flags: Flags) => {
      const told = await toldOn(flags);
      list(told, await waitingOn(told), flags.json === true);
    });

  alerts
    .command('test')
    .description('send a test message to one channel, now')
    .showHelpAfterError('(berth-server alerts test --help shows what it takes)')
    .argument('<channel>', 'its name in sources.yaml')
    .option('--config <file>', 'as this sources.yaml says, instead of the one in force')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText('after', examples('berth-server alerts test mail', 'berth-server alerts test mail --config new.yaml'))
    .action(async (channel: string, _flags: Flags, command: Command) => {
      // `alerts` itself knows the same options, and takes what stands behind its own name.
      const flags: Flags = command.optsWithGlobals();
      const told = await toldOn(flags);
      if ((await test(told, channel, flags.json === true)) && flags.config === undefined) await isMended(told, channel);
    });
};

const list = (told: Told, waiting: Waiting | Problem, json: boolean): void => {
  const { channels } = shownSettings(told.settings);
  const broken = told.settings.broken;
  const failing = readConditions(told.dataDir).filter(
    ({ code }) => code === 'channel-failing' || code === 'digest-unsent',
  );
  if (json) {
    const undelivered = waiting instanceof Problem ? null : { messages: waiting.messages, more: waiting.more };
    sayJson({ channels, broken, failing, undelivered });
    return;
  }
  if (channels.length === 0 && broken.length === 0) throw noChannel('Nobody is told of anything');
  const rows = channels.map(({ name, type, to, alerts, digest }) => [
    name,
    type,
    to,
    alertsWord(alerts),
    digest ? 'yes' : 'no',
  ]);
  const lines = [
    ...(rows.length === 0 ? [] : table([['CHANNEL', 'TYPE', 'TO', 'ALERTS', 'DIGEST'], ...rows])),
    ...broken.flatMap(({ name, text, remedy }) => [`${name} can not be used: ${text}`, `  ${remedy}`]),
    ...(failing.length === 0 ? [] : ['', ...conditionLines(failing, Date.now())]),
    ...waitingLines(waiting, Date.now()),
  ];
  say(`${lines.join('\n')}\n`);
};

/** What is on its way, which only the monitor's user may read; why not, where it can not be had. */
const waitingOn = async (told: Told): Promise<Waiting | Problem> => {
  try {
    const answer = await asked(told, { kind: 'waiting' });
    if (answer.kind !== 'waiting') throw new Error('the monitor answered another question');
    return answer;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
};

const alertsWord = (least: string): string =>
  least === 'none' ? 'none' : least === 'critical' ? 'critical only' : `from ${least} on`;

/** Resolves with whether it was delivered. */
const test = async (told: Told, channel: string, json: boolean): Promise<boolean> => {
  const { channels, broken } = told.settings;
  const bad = broken.find(({ kind, name }) => kind === 'channel' && name === channel);
  if (bad !== undefined) throw new Problem('channel-broken', `${channel} can not be used: ${bad.text}`, bad.remedy);
  const names = [...channels, ...broken.filter(({ kind }) => kind === 'channel')].map(({ name }) => name);
  if (names.length === 0) throw noChannel('There is nothing to test');
  if (!names.includes(channel)) throw unknownChannel(channel, names);
  const answer = await asked(told, { kind: 'test', channel });
  if (answer.kind !== 'sent') throw new Error('the monitor answered another question');
  if (json) sayJson({ channels: answer.channels });
  else say(sentText(answer.channels));
  const isDelivered = answer.channels.every(({ error }) => error === null);
  if (!isDelivered) process.exitCode = exitCode.failed;
  return isDelivered;
};

/** By the settings in force it works: the server hears of it by the condition's end, and sends what waits. */
const isMended = async ({ dataDir }: Told, channel: string): Promise<void> => {
  const key = keyOf({ code: 'channel-failing', source: null, subject: channel });
  if (!readConditions(dataDir).some((condition) => condition.key === key)) return;
  await recordConditions(dataDir, [{ resolve: key }], Date.now());
};

const unknownChannel = (channel: string, names: readonly string[]): Problem => {
  const meant = didYouMean(channel, names);
  return new Problem(
    'unknown-channel',
    `There is no channel ${JSON.stringify(channel)}.`,
    `${meant === null ? '' : `Did you mean ${meant}? `}Channels: ${names.join(', ')}.`,
  );
};
