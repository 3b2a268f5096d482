import { join } from 'node:path';
import { paint, quote, say } from '../demo/screen.ts';
import { type Stage, setStage } from '../demo/stage.ts';
import { type Agent, enrol } from '../demo/steps/enrol.ts';
import { hostTraces } from '../demo/steps/host.ts';
import { startProcess } from '../demo/steps/receiver/process.ts';
import type { Receiver } from '../demo/steps/receiver/receiver.ts';
import { Story, type Told } from '../demo/story.ts';
import { summary } from '../demo/summary.ts';
import { type Databases, fillDatabases, shopRows, vaultRows } from './shop.ts';
import { backUpQuietly, backUpWhileWriting, cutOne } from './steps/backup.ts';
import { clearAway } from './steps/clear-away.ts';
import { findUncovered, nameThem } from './steps/name.ts';
import { bringShopBack, bringVaultBack, letThemDie, lookBeside, refuseToGuess } from './steps/restore.ts';

/** `npm run demo:databases`: a PostgreSQL and a SQLite file, backed up while they are written to, die and come back. */
const tell = async (story: Story, signal: AbortSignal): Promise<void> => {
  const before = await hostTraces();
  await using stage = await setStage(signal);
  story.part('A machine with two databases, and a NAS');
  await using databases = await story.chapter('A shop and a vault', () => fill(stage));
  await using receiver = await story.chapter('A receiver starts', () => startProcess(stage));
  const agent = await story.chapter('The machine enrols', () => enrolOne(stage, receiver));
  await story.attempt('What runs uncovered', () => findUncovered(stage, agent, databases));
  await story.chapter('agent.yaml names both', () => nameThem(stage, agent, databases));
  story.part('The backup');
  const first = await story.chapter('While both are written to', () => backUpWhileWriting(stage, agent, databases));
  const rows = await story.chapter('And when all is quiet', () => backUpQuietly(stage, agent, databases));
  await story.attempt('A dump cut midway', () => cutOne(stage, agent, databases));
  await story.attempt('The first one, beside', () => lookBeside(stage, agent, databases, first));
  story.part('Both die, and come back');
  await story.chapter('Both are gone', async () => ({ result: await letThemDie(databases), value: undefined }));
  await story.attempt('Nobody said yes', () => refuseToGuess(stage, agent));
  await story.attempt('The shop comes back', () => bringShopBack(stage, agent, databases, rows));
  await story.attempt('The vault comes back', () => bringVaultBack(stage, agent, databases, rows));
  story.part('The end');
  await story.attempt('Nothing stays behind', () => clearAway({ stage, receiver, databases }, before));
};

const fill = async (stage: Stage): Promise<Told<Databases>> => {
  const databases = await fillDatabases(stage);
  const [{ orders }, { secrets }] = [await shopRows(databases), await vaultRows(databases)];
  quote(`PostgreSQL on port ${databases.postgres.port}: the database shop\nSQLite: ${databases.vault.file}`);
  return { result: `${orders} orders in PostgreSQL, ${secrets} secrets in SQLite`, value: databases };
};

const enrolOne = async (stage: Stage, receiver: Receiver): Promise<Told<Agent>> => {
  const agent = await enrol(stage, receiver, 'shop-server', [join(stage.directory, 'srv')], () => undefined);
  return { result: `${agent.name}, UID ${agent.uid}`, value: agent };
};

if (process.argv.length > 2) {
  process.stderr.write('Usage: npm run demo:databases\n');
  process.exit(64);
}
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort(signal));

const startedAt = performance.now();
const story = new Story(stopping.signal);
try {
  await tell(story, stopping.signal);
} catch (error) {
  // The story has said it already.
  if (!stopping.signal.aborted && story.rows.at(-1)?.state !== 'broken') throw error;
}
if (stopping.signal.aborted) {
  say(paint('yellow', '\nStopped. Everything the demo started has ended, and its directories are gone.'));
  process.exitCode = 130;
} else {
  summary(story.rows, performance.now() - startedAt);
  process.exitCode = story.rows.every(({ state }) => state !== 'broken') ? 0 : 1;
}
