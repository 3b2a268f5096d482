import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const program = resolve(import.meta.dirname, '../bin/berth-server');
const berth = (...args: readonly string[]) => execa(program, args, { reject: false });

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'berth-'));
});
afterEach(() => rmSync(home, { recursive: true }));

describe('berth-server', () => {
  test.each(['init', 'check', 'run', 'status', 'sources', 'digest', 'alerts'])(
    '%s --help shows an example',
    async (command) => {
      const { stdout, exitCode } = await berth(command, '--help');
      expect(stdout).toContain(`Examples:\n  berth-server ${command}`);
      expect(exitCode).toBe(0);
    },
  );

  test('a command line that makes no sense exits with 2', async () => {
    expect((await berth('moor')).exitCode).toBe(2);
    expect((await berth('run', '--port', '99999')).exitCode).toBe(2);
  });

  test.each(['init', 'check', 'run', 'status', 'sources', 'up', 'down', 'health', 'digest', 'alerts'])(
    '%s: an option that is nearly one is answered by that one',
    async (command) => {
      const { exitCode, stderr } = await berth(command, '--jsn');
      expect(exitCode).toBe(2);
      expect(stderr).toContain('(Did you mean --json?)');
      expect(stderr).toContain(`(berth-server ${command} --help shows what it takes)`);
    },
  );

  test('health says to programs what it says to people, also when there is nothing to be healthy', async () => {
    const { exitCode, stdout, stderr } = await berth('health', '--json', '--data', home);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ healthy: false, code: 'down' });
    expect(stderr).toContain(`No server runs on ${home}.`);
  });

  test('init makes a valid server, and repeated changes nothing', async () => {
    const first = await berth('init', join(home, 'etc'));
    const key = join(home, 'etc/host-keys/ssh_host_ed25519_key');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const { stdout } = await execa('ssh-keygen', ['-l', '-f', `${key}.pub`]);
    const [, fingerprint = 'none'] = stdout.split(' ');
    expect(first.stdout).toContain(fingerprint);
    writeFileSync(join(home, 'etc/sources.yaml'), 'sources: {}\n');
    expect(JSON.parse((await berth('init', join(home, 'etc'), '--json')).stdout)).toMatchObject({
      configWritten: false,
      hostKeyFingerprint: fingerprint,
    });
    expect(readFileSync(join(home, 'etc/sources.yaml'), 'utf8')).toBe('sources: {}\n');
    expect((await berth('check', '--config', join(home, 'etc/sources.yaml'), '--data', home)).exitCode).toBe(0);
  });

  test('an error is one sentence and what to do, and exits with 1', async () => {
    const missing = await berth('run', '--config', join(home, 'sources.yaml'), '--data', join(home, 'nowhere'));
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toBe(
      `berth-server: The data directory ${home}/nowhere does not exist.\n` +
        `  Mount its disk, or make it: mkdir -p ${home}/nowhere; or name another with --data`,
    );
    const invalid = join(home, 'sources.yaml');
    writeFileSync(invalid, 'sources:\n  pc: { uid: 0 }\n');
    const check = await berth('check', '--config', invalid, '--data', home, '--json');
    expect(check.exitCode).toBe(1);
    expect(JSON.parse(check.stdout)).toMatchObject({ findings: [{ line: 2 }, {}] });
    expect((await berth('status', 'nobody', '--data', home)).stderr).toContain('berth-server sources');
  });

  test('an open host key stops the server before anyone can pin it', async () => {
    await berth('init', home);
    const key = join(home, 'host-keys/ssh_host_ed25519_key');
    await execa('chmod', ['644', key]);
    const { stderr, exitCode } = await berth('run', '--config', join(home, 'sources.yaml'), '--data', home);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`chmod 600 ${key}`);
  });
});
