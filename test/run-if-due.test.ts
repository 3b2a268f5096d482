import { appendFile, chown, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import { coordinatorUid, databaseFile, stateFolder } from '@berth/server/coordinator/paths.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Machine } from './helpers/machine.ts';
import { eventually, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';

const hour = 3_600_000;

/** What a wake came to: the last line it prints. */
const end = z.looseObject({ event: z.string() });
const wake = async (machine: Machine) => {
  const { exitCode, stdout, stderr } = await machine.berth('run', '--if-due', '--json');
  const last = end.safeParse(parseJson(stdout.split('\n').at(-1) ?? ''));
  if (!last.success) throw new Error(`exit code ${exitCode}: ${stdout}${stderr}`);
  return { exitCode, ...last.data };
};

/** The runs whose reports the server keeps, in the order in which it got them. */
const keptRuns = (receiver: TestReceiver): readonly string[] => {
  const database = new DatabaseSync(databaseFile(stateFolder(receiver.dataDir)), { readOnly: true });
  try {
    const rows = database.prepare('SELECT run FROM runs ORDER BY seq').all();
    return rows.map(({ run }) => z.string().parse(run));
  } finally {
    database.close();
  }
};

const slots = z.array(z.record(z.string(), z.unknown()));

/** Moves what the server planned by so much, while it does not run: as if the machine had slept through its slot. */
const moveSlots = (receiver: TestReceiver, byMs: number): void => {
  const database = new DatabaseSync(databaseFile(stateFolder(receiver.dataDir)));
  try {
    const [row] = database.prepare('SELECT slots FROM sources').all();
    const planned = slots.parse(parseJson(z.string().parse(row?.['slots'])));
    const moved = planned.map((slot) =>
      Object.fromEntries(
        Object.entries(slot).map(([key, value]) => [key, typeof value === 'number' ? value + byMs : value]),
      ),
    );
    database.prepare('UPDATE sources SET slots = ?').run(JSON.stringify(moved));
  } finally {
    database.close();
  }
};

/** For this machine so much time passes: all that it wrote down is older by that. */
const age = async (machine: Machine, byMs: number): Promise<void> => {
  const state = join(machine.home, 'state');
  const files = (await readdir(join(state, 'reports'))).map((name) => join(state, 'reports', name));
  for (const file of [...files, join(state, 'assignment.json')]) {
    const text = await readFile(file, 'utf8');
    const older = text.replaceAll(/"(\d{4}-\d\d-\d\dT[\d:.]+Z)"/g, (_, at: string) =>
      JSON.stringify(new Date(Date.parse(at) - byMs).toISOString()),
    );
    await writeFile(file, older);
  }
};

const reportOf = (output: unknown): Report => reportSchema.parse(output);

test.skipIf(!isRoot)(
  'a machine runs by its slot, goes on without its server, and hands every report in later, in order, once',
  async () => {
    await using receiver = await withReceiver();
    await using machine = await Machine.make();
    await machine.enrol(receiver);
    await appendFile(join(machine.home, 'agent.yaml'), '\nretry: { for: 1s, first: 1s }\n');
    const assignment = join(machine.home, 'state', 'assignment.json');

    // A machine that was just let in waits for its first slot, and its timer says nothing.
    let planned = {};
    await eventually('its slot is planned', 20_000, async () => {
      await rm(assignment, { force: true });
      planned = await wake(machine);
      return 'slotAt' in planned || !('nextAt' in planned);
    });
    // Should that be within the next minutes, it was waited for, and the promise is kept already.
    if ('slotAt' in planned) expect(planned).toMatchObject({ exitCode: 0, event: 'not-due' });
    expect(await machine.berth('run', '--if-due')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });

    // It slept through its slot, and wakes.
    await receiver.stop();
    moveSlots(receiver, -24 * hour);
    await receiver.start();
    await rm(assignment);
    await eventually('the coordinator answers', 20_000, async () =>
      (await machine.berth('status')).stdout.includes('seen there as'),
    );
    const first = await wake(machine);
    expect(first).toMatchObject({ exitCode: 0, event: 'report', outcome: 'ok' });
    expect(reportOf(first).steps.map(({ name }) => name)).toContain('lease');
    expect(keptRuns(receiver)).toEqual([reportOf(first).run]);
    expect(await wake(machine)).toMatchObject({ event: 'not-due' });

    // A day later the server is off: it runs by the slot it knows.
    await receiver.stop();
    await age(machine, 26 * hour);
    const second = await wake(machine);
    expect(second).toMatchObject({ exitCode: 4, event: 'report', outcome: 'failed', reason: 'unreachable' });

    // The server is on, its coordinator can not start: backups go on.
    const folder = stateFolder(receiver.dataDir);
    await chown(folder, 12_345, 12_345);
    await receiver.start();
    const third = await machine.berth('backup', '--json');
    const thirdReport = reportOf(parseJson(third.stdout.split('\n').at(-1) ?? ''));
    expect([third.exitCode, thirdReport.outcome]).toEqual([0, 'ok']);
    expect((await machine.berth('status', '--offline')).stdout).toMatch(/reports +2 wait for the server/);
    expect((await readdir(join(machine.home, 'state', 'outbox'))).length).toBe(2);

    // All is well again.
    await receiver.stop();
    await chown(folder, coordinatorUid, coordinatorUid);
    await receiver.start();
    const kept = [first, second, thirdReport].map((report) => reportOf(report).run);
    await eventually('the reports are there', 20_000, async () => {
      await wake(machine);
      return keptRuns(receiver).length === kept.length;
    });
    expect(keptRuns(receiver)).toEqual(kept);
    const status = await machine.berth('status');
    expect(status.stdout).toMatch(/seen there as +fine/);
    expect(status.stdout).not.toContain('wait for the server');

    // Days later somebody has broken its agent.yaml: the server that it knows hears of the run that was due, once.
    await age(machine, 50 * hour);
    await appendFile(join(machine.home, 'agent.yaml'), 'pats: [/home]\n');
    for (let wakes = 0; wakes < 2; wakes += 1) {
      const broken = await machine.berth('run', '--if-due');
      expect([broken.exitCode, broken.stderr]).toEqual([2, expect.stringContaining('pats')]);
    }
    expect(keptRuns(receiver)).toHaveLength(kept.length + 1);
    const { stdout } = await receiver.cli('status', '--json', '--data', receiver.dataDir);
    expect(stdout).toContain('The last run failed: ');
    expect(stdout).toContain('pats');
  },
  180_000,
);
