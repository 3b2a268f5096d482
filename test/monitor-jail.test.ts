import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { monitorCommand } from '@berth/server/supervisor/monitor/command.ts';
import { lookAt } from '@berth/server/supervisor/monitor/network.ts';
import { readState } from '@berth/server/supervisor/state.ts';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { freePort } from '../scripts/free-port.ts';
import { messageService } from './helpers/message-service.ts';
import { eventually, isRoot, withReceiver } from './helpers/receiver.ts';
import { landlockTools } from './helpers/setpriv.ts';

test.runIf(isRoot)('under Landlock it reaches what it needs, and nothing else (needs root)', async ({ skip }) => {
  await using tools = await landlockTools();
  if (tools.missing !== null) return skip(tools.missing);
  await using told = await messageService();
  await using receiver = await withReceiver({ setpriv: tools.folder, start: false });
  const key = await receiver.makeKey();
  // By a name, which takes the files of the C library.
  const hook = `{ type: webhook, url: 'http://localhost:${told.port}/hook', allow_private: true, digest: true }`;
  const port = await freePort();
  await receiver.writeConfig(
    `page: { listen: '127.0.0.1:${port}' }
channels: { hook: ${hook} }
sources: { laptop: { uid: 31001, key: '${key.line}' } }
`,
  );
  await receiver.start();
  await eventually('the page knows the source', 20_000, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    return answer?.ok === true && (await answer.text()).includes('laptop');
  });
  const asked = (...words: readonly string[]) => receiver.cli(...words, '--data', receiver.dataDir);
  expect(await asked('alerts', 'test', 'hook')).toMatchObject({ exitCode: 0, stdout: 'hook: delivered' });
  expect(await asked('digest', '--send')).toMatchObject({ exitCode: 0, stdout: 'hook: delivered' });
  expect(told.bodies).toHaveLength(2);

  const { jail, monitorPid } = readState(receiver.dataDir) ?? { jail: null, monitorPid: null };
  if (jail?.kind !== 'landlock' || monitorPid === null) throw new Error('no Landlock, or no monitor');
  const argv = (await readFile(`/proc/${monitorPid}/cmdline`, 'utf8')).split('\0');
  const after = (word: string): string => argv[argv.indexOf(word) + 1] ?? '';
  const [node = '', program = ''] = [argv[0], argv[argv.indexOf('--state') - 1]];
  const place = {
    mode: 'private',
    node,
    program,
    jail,
    state: after('--state'),
    coordinator: after('--coordinator'),
  } as const;
  const data = join(place.state, '..');
  // Open to everyone, so that no mode keeps it out.
  await open(join(receiver.dataDir, 'sources/laptop'), join(receiver.dataDir, 'sources/laptop/repo'));
  await writeFile(join(receiver.dataDir, 'sources/laptop/repo/secret'), 'secret', { mode: 0o644 });
  await writeFile(join(receiver.dataDir, 'conditions.json'), '{"version":1,"conditions":[]}');
  for (const file of ['conditions.json', 'server.json', 'sources.applied.yaml'])
    await chmod(join(receiver.dataDir, file), 0o644);
  const forbidden = [
    'sources',
    'sources/laptop/repo',
    'sources/laptop/repo/secret',
    'conditions.json',
    'server.json',
    'sources.applied.yaml',
  ]
    .map((name) => join(data, name))
    .concat(
      receiver.configFile,
      receiver.hostKeys,
      '/run/berth/keys',
      '/run/berth/control',
      '/etc/passwd',
      '/tmp',
      '/proc/1/status',
      data,
    );
  const walls = monitorCommand(place, { look: (path) => lookAt(join(`/proc/${receiver.pid}/root`, path)) });
  const probe = [
    ...walls.slice(0, walls.indexOf(node) + 1),
    '--disable-warning=ExperimentalWarning',
    '--openssl-config=/dev/null',
  ];
  const task = JSON.stringify({
    forbidden,
    database: join(place.coordinator, 'state.db'),
    folders: [place.coordinator, place.state],
  });
  const inside = ['nsenter', '--mount', '--root', '--target', String(receiver.pid), '--'];
  const { stdout, stderr } = await execa(inside[0] ?? '', [...inside.slice(1), ...probe, '-e', probeOfMonitor, task], {
    reject: false,
  });
  expect(parseJson(stdout), stderr).toEqual({
    ...{ seen: [], found: true, runs: expect.any(Number) },
    written: [place.state],
  });

  // The coordinator has let go of its database, and left no log beside it.
  await receiver.stop();
  const shown = await asked('digest', '--preview', join(receiver.directory, 'digest'));
  expect(shown.exitCode, shown.stderr).toBe(0);
  const text = await readFile(join(receiver.directory, 'digest/digest.txt'), 'utf8');
  expect(text).toContain('laptop');
  expect(text).not.toContain('can not be read');
});

/** As a monitor whose program has been taken over would look around. */
const probeOfMonitor = `
const fs = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
const { forbidden, database, folders } = JSON.parse(process.argv[1]);
const can = (work) => { try { work(); return true; } catch { return false; } };
const seen = forbidden.filter((path) => can(() => fs.closeSync(fs.openSync(path, 'r'))) || can(() => fs.readdirSync(path)));
const written = folders.filter((folder) => can(() => fs.writeFileSync(folder + '/probe', '')));
const runs = new DatabaseSync(database, { readOnly: true }).prepare('SELECT count(*) AS n FROM sqlite_schema').get().n;
require('node:dns').lookup('localhost', (error) =>
  process.stdout.write(JSON.stringify({ seen, written, runs, found: error === null })));
`;

const open = async (...folders: readonly string[]): Promise<void> => {
  for (const folder of folders) await chmod(folder, 0o755);
};
