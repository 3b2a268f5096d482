import { parseArgs } from 'node:util';
import { Problem } from '@berth/common/problem.ts';
import type { Experiment } from './experiment.ts';

/** What the person asked for. */
export interface Options {
  readonly full: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly chosen: readonly Experiment[];
}

/** Reads the command line. Throws the Problem `usage`, which names what there is, for anything it does not know. */
export const parseOptions = (words: readonly string[], registry: readonly Experiment[]): Options => {
  const { full, json, help, only } = parse(words);
  return { full, json, help, chosen: only === undefined ? registry : choose(only, registry) };
};

const parse = (words: readonly string[]) => {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        full: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        only: { type: 'string' },
      },
    });
    return values;
  } catch (cause) {
    const said = cause instanceof Error ? (cause.message.split('. ', 1)[0] ?? '') : String(cause);
    throw new Problem('usage', `${said}.`, 'Type: npm run experiments -- --help', { cause });
  }
};

const choose = (text: string, registry: readonly Experiment[]): readonly Experiment[] => {
  const wanted = text.split(',').map((word) => word.trim());
  const known = new Map(registry.map((experiment) => [String(experiment.id), experiment]));
  const unknown = wanted.filter((word) => !known.has(word));
  if (unknown.length > 0) {
    const there = registry.map(({ id, name }) => `  ${id}  ${name}`).join('\n');
    const named = unknown.map((word) => `“${word}”`).join(', ');
    throw new Problem('usage', `There is no experiment ${named}.`, `These are there:\n${there}`);
  }
  return registry.filter(({ id }) => wanted.includes(String(id)));
};

/** What `--help` prints. */
export const helpText = (
  registry: readonly Experiment[],
): string => `npm run experiments [-- --full] [--only 3,7] [--json]

Tries to make berth lose what it acknowledged, one experiment after another, and prints a row of each. Ends with 0 only
when all of them held. Some need root, as they mount file systems and give every source a UID of its own.

  --full        as often as the docs say, instead of the short form of every run of the tests: hours instead of minutes
  --only 3,7    these alone, by number
  --json        end with one line: [{"id","name","held","figure"}]

${registry.map(({ id, name }) => `${String(id).padStart(4)}  ${name}`).join('\n')}

Examples:
  npm run experiments                                  the short form of all
  npm run experiments -- --only 7 --full               ten thousand races
  BERTH_SEED=12345 npm run experiments -- --only 9     once more with the numbers of another run
`;
