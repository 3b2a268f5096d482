import { z } from 'zod';
import { demand, watch } from '../../demo/programs.ts';
import { quote, say } from '../../demo/screen.ts';
import type { Stage } from '../../demo/stage.ts';
import { lastReport } from '../../demo/steps/backup.ts';
import type { Agent } from '../../demo/steps/enrol.ts';
import { expect, type Told } from '../../demo/story.ts';
import { cutNextDump, type Databases, shopRows, vaultRows, whileWriting } from '../shop.ts';

const snapshots = z.array(z.object({ id: z.string(), tags: z.array(z.string()) }));

/** The ids of the dumps with a tag. */
export const dumpsOf = async (stage: Stage, agent: Agent, tag: string): Promise<readonly string[]> => {
  const said = await demand(stage, ['berth', 'snapshots', '--tag', tag, '--json', '--home', agent.name]);
  return snapshots.parse(JSON.parse(said)).map(({ id }) => id);
};

const backUp = async (stage: Stage, agent: Agent, exitCode = 0) => {
  await watch(stage, ['berth', 'backup', '--home', agent.name], exitCode);
  return lastReport(agent);
};

/** While both are written to: every dump has to be of one moment. The newest dump of the shop is told. */
export const backUpWhileWriting = async (stage: Stage, agent: Agent, databases: Databases): Promise<Told<string>> => {
  const { dumps } = await whileWriting(databases, () => backUp(stage, agent));
  expect(dumps.length === 3, `${dumps.length} dumps instead of 3`);
  const bad = dumps.find(({ outcome, verified }) => outcome !== 'ok' || verified === 'none');
  expect(bad === undefined, `${bad?.database ?? bad?.engine} was not found whole`);
  const [id] = await dumpsOf(stage, agent, 'db:pg/shop');
  expect(id !== undefined, 'there is no dump of the shop');
  return { result: '3 dumps beside the files, in one run; each found whole', value: id };
};

/** Nobody writes any more: this is what has to come back to the row. */
export const backUpQuietly = async (stage: Stage, agent: Agent, databases: Databases) => {
  await backUp(stage, agent);
  const rows = { shop: await shopRows(databases), vault: await vaultRows(databases) };
  const result = `${rows.shop.orders} orders with ${rows.shop.lines} lines, ${rows.vault.secrets} secrets`;
  return { result, value: rows };
};

/** Its connection ends in the middle of the rows. */
export const cutOne = async (stage: Stage, agent: Agent, databases: Databases): Promise<string> => {
  const before = await dumpsOf(stage, agent, 'db:pg/shop');
  const caught = cutNextDump(databases);
  // Awaited below, also where the backup has another end than it should.
  caught.catch(() => undefined);
  const report = await backUp(stage, agent, 3);
  expect(await caught, 'the dump was over before it could be cut');
  const failed = report.dumps.find(({ database }) => database === 'shop');
  expect(failed?.outcome === 'failed' && failed.snapshot === null, `the report says ${failed?.outcome}`);
  const others = report.dumps.filter(({ outcome }) => outcome === 'ok');
  expect(others.length === 2 && report.snapshot !== null, 'the others did not go on');
  const after = await dumpsOf(stage, agent, 'db:pg/shop');
  expect(after.join() === before.join(), `${after.length - before.length} snapshot was made of half a dump`);
  say('  The dumps of the shop are the same as before:');
  quote(after.map((id) => id.slice(0, 8)).join(', '));
  return `no snapshot, exit code 3, reason ${failed.reason}; the files and the other two went on`;
};
