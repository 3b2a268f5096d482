import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { allRights } from '../session/jail.ts';
import { defineJob } from './job.ts';
import { type JobPlace, jobCommand, startJob } from './start.ts';

const landlock = { kind: 'landlock', rights: allRights, libraries: [] } as const;
const place: JobPlace = {
  ...{ mode: 'private', node: '/run/berth/node', program: '/opt/berth/job.mjs', dataDir: '/data' },
  ...{ jail: landlock, enter: null },
};
const phone = { name: 'lisa-phone', uid: 1010 };

describe('the words of a job', () => {
  test('are, where nobody says otherwise, the walls of the source’s own sessions', () => {
    const words = jobCommand(place, phone, ['usage', '{}']);
    expect(words).toEqual(expect.arrayContaining(['--reuid=1010', '--regid=1010', '--clear-groups']));
    expect(words.join(' ')).toContain(':/data/sources/lisa-phone/repo');
    expect(words.slice(-7)).toEqual([
      ...['usage', '--source', 'lisa-phone', '--directory', '/data/sources/lisa-phone', '--args', '{}'],
    ]);
  });

  test('of another program with a cell of its own reach nothing of the store, and its groups are the only ones', () => {
    const cell = {
      readable: ['/media/in'],
      writable: ['/data/phones/lisa-phone/agent'],
      programs: ['/usr/bin/restic'],
    };
    const words = jobCommand(place, phone, ['backup', '{}'], {
      ...{ program: '/opt/berth/ingest.mjs', groups: [1000], directory: '/data/phones/lisa-phone', cell },
    });
    expect(words.join(' ')).not.toContain('/data/sources');
    expect(words).toContain('--groups=1000');
    expect(words).not.toContain('--clear-groups');
    expect(words).toContain('--allow-child-process');
    expect(words).toContain('/opt/berth/ingest.mjs');
    expect(words.at(words.indexOf('--directory') + 1)).toBe('/data/phones/lisa-phone');
  });

  test('without root change nobody', () => {
    const words = jobCommand({ ...place, mode: 'rootless' }, phone, ['backup', '{}'], { groups: [1000] });
    expect(words.join(' ')).not.toMatch(/--reuid|--regid|groups/);
  });
});

describe('a job', () => {
  const job = defineJob({
    name: 'echo',
    args: z.object({ until: z.number() }),
    result: z.array(z.unknown()),
    run: async () => [],
  });
  const program = (body: string) => `
    import { runJobs } from '${join(import.meta.dirname, 'run-jobs.ts')}';
    const any = { parse: (value) => value };
    process.exitCode = await runJobs([{ name: 'echo', args: any, result: any, run: async (context, args) => {${body}} }], process.argv.slice(2));`;

  const inProgram = async <Result>(body: string, work: (place: JobPlace) => Promise<Result>): Promise<Result> => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-job-'));
    try {
      const file = join(folder, 'main.mjs');
      await writeFile(file, program(body));
      const here = {
        readable: [import.meta.dirname],
        mode: 'rootless',
        jail: { kind: 'none', reason: 'a test' },
      } as const;
      return await work({ ...place, ...here, node: process.execPath, program: file });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  const wide = { readable: ['/'], writable: [] };

  test('hears line by line what it is told, and ends though more may be said', async () => {
    const echo =
      'const all = []; for await (const line of context.told()) { all.push(line); if (all.length === args.until) break; } return all;';
    const endless = async function* () {
      yield { quiet: true };
      yield { quiet: null };
      await new Promise(() => undefined);
    };
    const heard = await inProgram(echo, (at) =>
      startJob(at, phone, job, { until: 2 }, { told: endless(), cell: wide }),
    );
    expect(heard).toEqual([{ quiet: true }, { quiet: null }]);
  });

  test('that says more in a line than anybody could hold is heard in its next', async () => {
    const long = 'JSON.stringify({ progress: "x".repeat(9 * 1024 ** 2) })';
    const body = `process.stdout._handle.setBlocking(true); process.stdout.write(${long} + "\\n"); context.progress("short"); return [1];`;
    const heard: number[] = [];
    const onProgress = (value: unknown): void => void heard.push(String(value).length);
    const end = await inProgram(body, (at) => startJob(at, phone, job, { until: 0 }, { cell: wide, onProgress }));
    expect([end, heard]).toEqual([[1], [5]]);
  });

  test('that still listens when it is done ends all the same', async () => {
    const body = 'void (async () => { for await (const _ of context.told()); })(); return [1];';
    const endless = async function* () {
      await new Promise(() => undefined);
      yield 1;
    };
    expect(
      await inProgram(body, (at) => startJob(at, phone, job, { until: 0 }, { told: endless(), cell: wide })),
    ).toEqual([1]);
  });
});
