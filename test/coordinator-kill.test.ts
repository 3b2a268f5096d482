import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { deliveryAnswerSchema } from '@berth/common/control/delivery.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import { databaseFile, stateFolder } from '@berth/server/coordinator/paths.ts';
import { expect, test } from 'vitest';
import {
  ask,
  configOf,
  coordinatorFolders,
  deliveryOf,
  linked,
  type RunningCoordinator,
  reportOf,
  startCoordinator,
} from './helpers/coordinator.ts';
import { runSeed, seededRandom } from './helpers/random.ts';

/** `BERTH_KILLS=200 npx vitest run --project whole test/coordinator-kill.test.ts` is the long form. */
const kills = Number(process.env['BERTH_KILLS'] ?? 25);
const clients = 12;

interface Client {
  /** What was answered with 200 or 201. */
  readonly delivered: Report[];
  /** How often an answer was lost, so that the report went out again. */
  retries: number;
  news: number;
  knowns: number;
}

/** Delivers one report after the other until `signal`, each until it is answered; the last one too. */
const deliver = async (control: string, source: string, client: Client, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    const report = reportOf({ source, message: `${source} ${client.delivered.length} ${'.'.repeat(2000)}` });
    for (;;) {
      const answer = await ask(control, source, 'POST', `/v1/runs/${report.run}/report`, deliveryOf(report)).catch(
        () => null,
      );
      if (answer !== null) {
        expect([200, 201]).toContain(answer.status);
        const { kept } = deliveryAnswerSchema.parse(answer.body);
        if (kept === 'new') client.news += 1;
        else client.knowns += 1;
        break;
      }
      client.retries += 1;
      await sleep(50);
    }
    client.delivered.push(report);
  }
};

test(`${kills} kills while ${clients} sources deliver: every report is kept once, and none that was accepted is lost`, {
  timeout: 60_000 + kills * 5_000,
}, async () => {
  const random = seededRandom(runSeed());
  await using folders = coordinatorFolders();
  const names = Array.from({ length: clients }, (_, index) => `source-${index}`);
  const config = configOf(names.map((name) => linked(name)));
  const all = names.map((): Client => ({ delivered: [], retries: 0, news: 0, knowns: 0 }));
  const stopping = new AbortController();
  let coordinator: RunningCoordinator = startCoordinator(folders, { logLevel: 'error' });
  await coordinator.apply(config);
  const delivering = names.map((name, index) => {
    const client = all[index];
    if (client === undefined) throw new Error('as many clients as names');
    return deliver(folders.control, name, client, stopping.signal);
  });
  for (let kill = 0; kill < kills; kill += 1) {
    // Also while it starts, and while it puts its configuration in force.
    await sleep(random(120));
    await coordinator.kill();
    coordinator = startCoordinator(folders, { logLevel: 'error' });
    const applied = coordinator.apply(config);
    if (kill % 5 === 4) applied.catch(() => undefined);
    else await applied;
  }
  await coordinator.kill();
  coordinator = startCoordinator(folders, { logLevel: 'error' });
  await coordinator.apply(config);
  stopping.abort();
  await Promise.all(delivering);
  expect(await coordinator.end(), coordinator.log()).toBe(0);

  const db = new DatabaseSync(databaseFile(stateFolder(folders.data)), { readOnly: true });
  const rows = db.prepare('SELECT source, run FROM runs ORDER BY seq').all();
  const kept = db.prepare('SELECT source, json FROM reports').all();
  db.close();
  const delivered = all.flatMap((client) => client.delivered);
  const ofRows = rows.map(({ source, run }) => `${String(source)} ${String(run)}`).sort();
  expect(ofRows).toEqual(delivered.map(({ source, run }) => `${source} ${run}`).sort());
  // Of each the newest are kept whole, as they were sent.
  const byRun = new Map(delivered.map((report) => [report.run, report]));
  for (const row of kept) {
    const report = reportSchema.parse(parseJson(String(row['json'])));
    expect(report).toEqual(byRun.get(report.run));
  }
  const sum = (number: (client: Client) => number): number => all.reduce((total, client) => total + number(client), 0);
  // The test has to have met what it is about: answers that were lost though the report was kept.
  expect(sum(({ retries }) => retries)).toBeGreaterThan(kills);
  process.stdout.write(
    `${kills} kills: ${delivered.length} reports, ${sum(({ retries }) => retries)} tries failed, ${sum(({ knowns }) => knowns)} were known already\n`,
  );
});
