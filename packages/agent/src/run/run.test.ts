import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from './explain.ts';
import { takeLock } from './lock.ts';
import { configWith, failed, stage } from './testing.ts';

const day = 86_400_000;
const cut = () => failed('connection-cut', 'rclone stdio connection already closed');

describe('a run', () => {
  test('goes unlock, backup, forget, prune, check over one connection and leaves a report', async () => {
    await using it = await stage();
    const { report } = await it.run();
    expect(it.calls).toEqual(['connect', 'unlock', 'backup', 'forget box berth', 'prune', 'check 1/20']);
    expect(report).toMatchObject({ outcome: 'ok', reason: null, snapshot: 'e32c3a72', attempts: 1, source: 'box' });
    expect(await it.reports()).toEqual([report]);
    expect(it.connections()).toBe(0);
  });

  test('carries in its report what whoever started it has to say, asked for at its end', async () => {
    await using it = await stage();
    const said: string[] = [];
    it.during.check = async () => void said.push('the disk hums');
    const { report } = await it.run(configWith(), { warnings: () => said });
    expect(report).toMatchObject({ outcome: 'ok', warnings: ['the disk hums'] });
  });

  test('that can not connect says so in the words of whoever connects', async () => {
    await using it = await stage();
    it.answers.connect = [new Problem('no-repository', 'The repository of box is gone.', 'Bring it back.')];
    const { report } = await it.run();
    expect(report).toMatchObject({ message: 'The repository of box is gone.', remedy: 'Bring it back.' });
  });

  test('prunes and checks only when due, and reads another part of the data each time', async () => {
    await using it = await stage();
    await it.run();
    it.pass(6 * day);
    await it.run();
    it.pass(day);
    await it.run();
    const rare = it.calls.filter((call) => /prune|check/.test(call));
    expect(rare).toEqual(['prune', 'check 1/20', 'prune', 'check 2/20']);
  });

  test('with a ledger torn by a power cut prunes and checks rather than never again', async () => {
    await using it = await stage();
    await mkdir(it.home.state, { recursive: true });
    await writeFile(it.home.ledger, '{"prunedAt":"2026-11-');
    await it.run();
    expect(it.calls).toContain('prune');
  });

  test('that is cut off starts again over a fresh connection, and does not repeat what is done', async () => {
    await using it = await stage();
    it.answers.backup = [cut()];
    it.answers.prune = [cut(), cut()];
    const { report } = await it.run();
    expect(it.calls.filter((call) => !/connect|unlock/.test(call))).toEqual([
      'backup',
      'backup',
      'forget box berth',
      'prune',
      'prune',
      'prune',
      'check 1/20',
    ]);
    expect(it.calls.filter((call) => call === 'connect')).toHaveLength(4);
    expect(report).toMatchObject({ outcome: 'ok', attempts: 4 });
    expect(it.connections()).toBe(0);
  });

  test('that can not reach the server waits ever longer and gives up when retry.for ends', async () => {
    await using it = await stage();
    it.answers.connect = Array.from(
      { length: 1000 },
      () => new Problem('unreachable', 'nas does not answer.', 'Look at it.'),
    );
    const { report } = await it.run(configWith('retry: { for: 1h, first: 10s, longest: 10m }'));
    const waits = it.events.flatMap((event) => (event.type === 'retry' ? [event.delayMs / 1000] : []));
    expect(waits.slice(0, 8)).toEqual([7.5, 15, 30, 60, 120, 240, 450, 450]);
    expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThanOrEqual(3_600_000);
    expect(report).toMatchObject({ outcome: 'failed', reason: 'unreachable', message: 'nas does not answer.' });
    expect(exitCodeOf(report)).toBe(4);
  });

  test('of ten thousand tries still leaves a report of bounded size that holds the backup', async () => {
    await using it = await stage();
    it.answers.connect = [];
    it.answers.unlock = Array.from({ length: 40 }, () => failed('connection-cut'));
    it.answers.prune = Array.from({ length: 10_000 }, cut);
    const { report } = await it.run(configWith('retry: { for: 30d, longest: 1m }'));
    expect(report.attempts).toBeGreaterThan(10_000);
    expect((await it.reports())[0]?.steps.some(({ name, outcome }) => name === 'backup' && outcome === 'ok')).toBe(
      true,
    );
    expect(report.steps).toHaveLength(60);
  });

  test.each([
    ['wrong-password', 1],
    ['host-key-changed', 5],
    ['key-refused', 5],
    ['out-of-space', 1],
    ['no-repository', 1],
  ] as const)('%s is final at once', async (kind, code) => {
    await using it = await stage();
    it.answers.backup = [failed(kind)];
    const { report } = await it.run();
    expect(report).toMatchObject({ outcome: 'failed', reason: kind, attempts: 1, remedy: expect.any(String) });
    expect(exitCodeOf(report)).toBe(code);
    expect(it.calls).toEqual(['connect', 'unlock', 'backup']);
  });

  test('whose check finds damage failed, though its backup was made', async () => {
    await using it = await stage();
    it.answers.check = [failed('damaged', 'pack e87a: does not exist')];
    expect((await it.run()).report).toMatchObject({ outcome: 'failed', reason: 'damaged', snapshot: 'e32c3a72' });
    it.pass(1000);
    await it.run();
    expect(it.calls.at(-1)).toBe('check 1/20');
  });

  test('whose prune fails is incomplete, and prunes again next time', async () => {
    await using it = await stage();
    it.answers.prune = [failed('failed', 'no idea')];
    const { report } = await it.run();
    expect(report).toMatchObject({
      outcome: 'incomplete',
      reason: 'failed',
      message: 'The step prune failed: no idea.',
    });
    await it.run();
    expect(it.calls.filter((call) => call === 'prune')).toHaveLength(2);
  });

  test('that only shows what it would do writes nothing to the repository and runs no hook', async () => {
    await using it = await stage();
    const config = configWith('hooks: { before: [{ run: exit 1 }] }');
    const { report } = await it.run(config, { dryRun: true });
    expect(it.calls).toEqual(['connect', 'backup dry']);
    expect(report).toMatchObject({ outcome: 'ok', dryRun: true, snapshot: null });
  });
});

describe('a report is left', () => {
  test('when agent.yaml is wrong', async () => {
    await using it = await stage();
    await it.run(new Problem('invalid-config', 'agent.yaml:3:1: unknown key', 'Change it.'));
    expect(await it.reports()).toMatchObject([{ outcome: 'failed', reason: 'invalid-config', source: null }]);
    expect(it.calls).toEqual([]);
  });

  test('when another run holds the lock, which is not a failure', async () => {
    await using it = await stage();
    {
      await using _ = await takeLock(it.home.lock);
      const { report } = await it.run();
      expect([report.outcome, exitCodeOf(report)]).toEqual(['busy', 6]);
    }
    expect((await it.run()).report.outcome).toBe('ok');
  });

  test('on standard error when the state folder can not be written', async () => {
    await using it = await stage();
    await writeFile(it.home.state, 'a file where the folder should be');
    const { report, file } = await it.run();
    expect([file, report.reason]).toEqual([null, 'state-unwritable']);
    expect(JSON.parse(it.lastWords.join().split('\n')[1] ?? '')).toEqual(report);
  });

  test('even by a bug, which then crashes loudly', async () => {
    await using it = await stage();
    it.answers.backup = [new TypeError('undefined is not a function')];
    await expect(it.run()).rejects.toThrow(TypeError);
    expect(await it.reports()).toMatchObject([{ outcome: 'failed', reason: 'bug' }]);
    expect(it.connections()).toBe(0);
  });

  test('when the run is stopped while it waits for its next try', async () => {
    await using it = await stage();
    it.answers.backup = [cut()];
    const sleep = async (delayMs: number) => (delayMs > 2_000 ? it.abort.abort() : undefined);
    const { report } = await it.run(configWith(), { world: { ...it.world, sleep } });
    expect(report).toMatchObject({ outcome: 'cancelled', attempts: 1 });
  });
});

describe('hooks', () => {
  const hooks = (directory: string, before: string) =>
    configWith(
      `hooks:
  before: [{ run: ${JSON.stringify(before)}, timeout: 1s }]
  after: [{ run: 'echo "after $BERTH_OUTCOME $BERTH_NAME $BERTH_SNAPSHOT" >> ${directory}/seen' }]
  failure: [{ run: 'echo "failure $BERTH_OUTCOME $BERTH_REASON" >> ${directory}/seen' }]`,
    );
  const seen = async (directory: string) => readFile(join(directory, 'seen'), 'utf8');

  test('run before and after a backup and learn how it ended', async () => {
    await using it = await stage();
    await it.run(hooks(it.home.directory, `echo before > ${it.home.directory}/seen`));
    expect(await seen(it.home.directory)).toBe('before\nafter ok box e32c3a72\n');
  });

  test('that fail before stop the run, with their output in the report', async () => {
    await using it = await stage();
    const { report } = await it.run(hooks(it.home.directory, 'echo no database >&2; exit 3'));
    expect(it.calls).toEqual([]);
    expect(report).toMatchObject({ outcome: 'failed', reason: 'hook-failed' });
    expect(report.steps[0]?.words).toEqual(['no database', 'the hook ended with exit code 3']);
    expect(await seen(it.home.directory)).toBe('failure failed hook-failed\n');
  });

  test('that outlive their time limit are ended with everything they started', async () => {
    await using it = await stage();
    const started = performance.now();
    const { report } = await it.run(hooks(it.home.directory, 'sleep 30 & sleep 30'));
    expect(report.reason).toBe('hook-timeout');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('that fail after a backup make the run incomplete', async () => {
    await using it = await stage();
    const { report } = await it.run(configWith('hooks: { after: [{ run: exit 1 }] }'));
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'hook-failed', snapshot: 'e32c3a72' });
  });

  test('that flood their output do not flood the report', async () => {
    await using it = await stage();
    const { report } = await it.run(configWith("hooks: { before: [{ run: 'yes | head -n 200000' }] }"));
    expect(report.steps[0]?.words.length).toBeLessThanOrEqual(40);
    expect(report.outcome).toBe('ok');
  });

  test('never see the variables of restic', async () => {
    await using it = await stage();
    process.env['RESTIC_PASSWORD'] = 'secret';
    try {
      const { report } = await it.run(configWith('hooks: { before: [{ run: env }] }'));
      expect(JSON.stringify(report)).not.toContain('secret');
    } finally {
      delete process.env['RESTIC_PASSWORD'];
    }
  });
});
