import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { ask, watch } from '../../demo/programs.ts';
import { quote, typed } from '../../demo/screen.ts';
import type { Stage } from '../../demo/stage.ts';
import type { Agent } from '../../demo/steps/enrol.ts';
import { expect } from '../../demo/story.ts';
import { type Databases, destroy, shopRows, vaultRows } from '../shop.ts';

/** What has to come back. */
export interface Rows {
  readonly shop: Awaited<ReturnType<typeof shopRows>>;
  readonly vault: Awaited<ReturnType<typeof vaultRows>>;
}

/** The dump that was made while orders came in, beside the live database: each order in it has its three lines. */
export const lookBeside = async (
  stage: Stage,
  agent: Agent,
  databases: Databases,
  snapshot: string,
): Promise<string> => {
  const into = ['--into', 'shop-check', '--snapshot', snapshot.slice(0, 8)];
  await watch(stage, ['berth', 'restore-db', 'pg/shop', ...into, '--home', agent.name]);
  const then = await shopRows(databases, 'shop-check');
  const now = await shopRows(databases);
  expect(then.lines === 3 * then.orders, `${then.orders} orders have ${then.lines} lines`);
  expect(then.orders < now.orders, 'the live database was replaced');
  await databases.postgres.sql('drop database "shop-check"');
  return `${then.orders} orders, ${then.lines} lines: one moment; the live one is untouched`;
};

/** The database, its role, the file and what is beside it. */
export const letThemDie = async (databases: Databases): Promise<string> => {
  const { folder } = databases.vault;
  typed(['dropdb', '--force', 'shop']);
  typed(['dropuser', 'shopkeeper']);
  typed(['rm', '-rf', folder]);
  await destroy(databases, (path) => rm(path, { recursive: true }));
  expect(!existsSync(folder), 'the vault is still there');
  return 'database, role, file and attachments are gone';
};

/** Without a person at a terminal, and without --yes, nothing is replaced. */
export const refuseToGuess = async (stage: Stage, agent: Agent): Promise<string> => {
  const command = ['berth', 'restore-db', 'pg', '--live', '--home', agent.name];
  typed(command);
  const { exitCode, stderr } = await ask(stage, command);
  quote(stderr);
  expect(exitCode === 2 && /--yes/.test(stderr), `it ended with ${exitCode}`);
  return 'exit code 2, nothing was touched';
};

/** The role comes back before what it owns. */
export const bringShopBack = async (stage: Stage, agent: Agent, databases: Databases, rows: Rows): Promise<string> => {
  await watch(stage, ['berth', 'restore-db', 'pg', '--live', '--yes', '--home', agent.name]);
  const now = await shopRows(databases);
  expect(now.orders === rows.shop.orders && now.lines === rows.shop.lines, `${now.orders} orders, ${now.lines} lines`);
  expect(now.hash === rows.shop.hash, 'some row is not what it was');
  return `${now.orders} orders, ${now.lines} lines and their owner: every row is equal`;
};

/** The file, and what was beside it. */
export const bringVaultBack = async (stage: Stage, agent: Agent, databases: Databases, rows: Rows): Promise<string> => {
  await watch(stage, ['berth', 'restore-db', 'vault', '--live', '--yes', '--home', agent.name]);
  const now = await vaultRows(databases);
  expect(now.secrets === rows.vault.secrets, `${now.secrets} secrets`);
  expect(now.hash === rows.vault.hash, 'some row or some attachment is not what it was');
  return `${now.secrets} secrets and the attachments: every row is equal`;
};
