import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, demand } from '../../demo/programs.ts';
import { quote, say, typed } from '../../demo/screen.ts';
import type { Stage } from '../../demo/stage.ts';
import type { Agent } from '../../demo/steps/enrol.ts';
import { expect, type Told } from '../../demo/story.ts';
import type { Databases } from '../shop.ts';

/** What runs and is not covered is found, with a line to add. */
export const findUncovered = async (stage: Stage, agent: Agent, { postgres }: Databases): Promise<string> => {
  const command = ['berth', 'databases', '--home', agent.name];
  typed(command);
  quote((await demand(stage, command)).split('\n').slice(0, 12).join('\n'));
  const { uncovered } = JSON.parse(await demand(stage, [...command, '--json']));
  const proposals: readonly string[] = uncovered.map(({ proposal }: { readonly proposal: string }) => proposal);
  const own = proposals.filter((line) => line.includes('postgres') && line.includes(`port: ${postgres.port}`));
  expect(own.length === 1, 'the PostgreSQL of the demo was not found');
  return 'the PostgreSQL is found by itself, with a line for agent.yaml';
};

/** Writes what a person would write, and has the doctor look at it. */
export const nameThem = async (stage: Stage, agent: Agent, databases: Databases): Promise<Told<undefined>> => {
  const { postgres, tools, vault } = databases;
  const file = join(agent.home, 'agent.yaml');
  const words = `databases:
  - engine: postgres
    name: pg
    at: { host: 127.0.0.1, port: ${postgres.port} }
    user: postgres
    password_file: ${postgres.passwordFile}
    tools: ${tools}
    only: [shop]
  - { engine: sqlite, name: vault, file: ${vault.file}, also: [${vault.attachments}] }
`;
  await writeFile(file, `${await readFile(file, 'utf8')}\n${words}`);
  say('  agent.yaml now says, besides the rest:');
  quote(words);
  const command = ['berth', 'doctor', '--home', agent.name];
  typed(command);
  const { stdout } = await ask(stage, command);
  const about = stdout.split('\n').filter((line) => /database/.test(line));
  quote(about.join('\n'));
  expect(about.filter((line) => line.startsWith('ok ')).length >= 2, 'the doctor does not find both well');
  return { result: 'two entries of agent.yaml; berth doctor reaches both', value: undefined };
};
