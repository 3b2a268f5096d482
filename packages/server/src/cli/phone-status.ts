import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Condition } from '../events/condition.ts';
import type { PhoneFacts } from '../ingest/facts.ts';
import { readPhoneFacts } from '../ingest/facts-file.ts';
import { lastRunsOf, type SourceRun } from '../status/coordinated.ts';
import { status } from '../status/status.ts';
import type { Phone } from '../supervisor/phones/places.ts';
import { type Shared, say, sayJson } from './command.ts';
import { conditionLines } from './events-text.ts';
import { phoneCalled, phonesInForce } from './on-phone.ts';
import { phoneLines } from './phone-status-text.ts';

interface Flags {
  readonly data: string;
  readonly json?: true;
}

/** Adds `phone status`: how the phones are, as the server last saw them. */
export const addPhoneStatusCommand = (phone: Command, { examples, defaults }: Shared): void => {
  phone
    .command('status')
    .description('show of every phone, or of one, when it was seen, and how Syncthing, folder, mirror and backup are')
    .argument('[phone]', 'its name in sources.yaml')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `${examples('berth-server phone status', 'berth-server phone status lisa-phone --json')}
What is wrong, and since when, stands below. The exit code is 0 whatever is: a monitor reads --json, where times are UTC.
`,
    )
    .action((name: string | undefined, flags: Flags) => phoneStatus(name, flags));
};

const phoneStatus = async (name: string | undefined, flags: Flags): Promise<void> => {
  const dataDir = resolve(flags.data);
  const inForce = await phonesInForce(dataDir);
  const phones = name === undefined ? inForce.phones : [phoneCalled(name, inForce)];
  const { up, conditions } = await status(dataDir);
  const known = new Map<string, PhoneFacts>(readPhoneFacts(dataDir).map((facts) => [facts.name, facts]));
  const shown = phones.map(
    (phone): Shown => ({
      phone,
      facts: known.get(phone.name) ?? null,
      lastRun: lastRunsOf(dataDir, phone.name)[0] ?? null,
      conditions: conditions.filter(({ source }) => source === phone.name),
    }),
  );
  if (flags.json) {
    const all = shown.map((one) => ({
      name: one.phone.name,
      facts: one.facts,
      lastRun: one.lastRun,
      conditions: one.conditions,
    }));
    return sayJson(name === undefined ? { up, phones: all } : { up, ...all[0] });
  }
  if (shown.length === 0) return say('There is no phone in sources.yaml. How one is added: docs/phone.md\n');
  const nowMs = Date.now();
  if (!up) say('The server does not run: this is what it last knew.\n\n');
  say(`${shown.map((one) => linesOf(one, nowMs).join('\n')).join('\n\n')}\n`);
};

interface Shown {
  readonly phone: Phone;
  readonly facts: PhoneFacts | null;
  readonly lastRun: SourceRun | null;
  readonly conditions: readonly Condition[];
}

const linesOf = (shown: Shown, nowMs: number): readonly string[] => [
  ...phoneLines(shown.phone, shown, nowMs),
  ...conditionLines(shown.conditions, nowMs),
];
