// The first step of `npm run demo` and `npm test`: plain JavaScript for any Node from 18 on, because nothing is
// installed yet. It brings what is missing and then starts the script it was given with the clone's own Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [script, ...scriptArguments] = process.argv.slice(2);

/** The programs berth runs, and Debian's package of each. */
const programs = [
  ['sshd', 'openssh-server'],
  ['ssh', 'openssh-client'],
  ['ssh-keygen', 'openssh-client'],
  ['restic', 'restic'],
  ['rsync', 'rsync'],
  ['setpriv', 'util-linux'],
  ['unshare', 'util-linux'],
];

const stop = (line) => {
  process.stderr.write(`${line}\n`);
  process.exit(1);
};

const run = (command, words, options = {}) => {
  const { status, signal, error } = spawnSync(command, words, { stdio: 'inherit', cwd: root, ...options });
  if (error) stop(`berth: ${command} did not start: ${error.message}`);
  if (signal) stop(`berth: ${command} was ended by ${signal}`);
  return status ?? 1;
};

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const isInstalled = (program) =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some(
    (folder) => folder !== '' && isExecutable(join(folder, program)),
  );

const installPackages = () => {
  const missing = [...new Set(programs.filter(([program]) => !isInstalled(program)).map(([, name]) => name))];
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !isInstalled('apt-get')) {
    const command = `${isRoot ? '' : 'sudo '}apt-get install -y --no-install-recommends ${missing.join(' ')}`;
    stop(
      isInstalled('apt-get')
        ? `berth: some programs are missing and this user may not install them. Type:\n  ${command}`
        : `berth: some programs are missing and this system has no apt. Install: ${missing.join(' ')}`,
    );
  }
  process.stdout.write(`Installing ${missing.join(', ')} with apt\n`);
  withoutServices(missing, () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
    if (run('apt-get', ['update', '-qq'], quiet) !== 0) stop('berth: "apt-get update" failed; its words are above');
    const words = ['install', '-y', '-qq', '--no-install-recommends', ...missing];
    if (run('apt-get', words, quiet) !== 0) stop('berth: "apt-get install" failed; its words are above');
  });
};

/** Installing openssh-server starts an SSH server on port 22; berth does not need that one, so it stays off. */
const withoutServices = (packages, install) => {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    if (ours) rmSync(policy);
  }
  if (packages.includes('openssh-server') && existsSync('/run/systemd/system')) {
    process.stdout.write(
      "Debian's own SSH server stays off: berth runs sshd itself. (systemctl enable --now ssh turns it on.)\n",
    );
    run('systemctl', ['disable', '--now', 'ssh.service', 'ssh.socket'], { stdio: 'ignore' });
  }
};

/** `npm ci`, unless the installed modules are those of this lock file. */
const installModules = () => {
  const stamp = join(root, 'node_modules', '.berth-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(node)) return;
  process.stdout.write('Installing npm packages\n');
  if (run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']) !== 0) {
    stop('berth: "npm ci" failed; its words are above');
  }
  if (!existsSync(node))
    stop('berth: npm did not bring Node 24; was "npm ci" run with --ignore-scripts or --omit=dev?');
  writeFileSync(stamp, lock);
};

const node = join(root, 'node_modules', 'node', 'bin', 'node');

installPackages();
installModules();
const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}:/usr/sbin:/sbin` };

const child = spawn(node, [join(root, script), ...scriptArguments], { env, stdio: 'inherit' });
// Ctrl-C reaches every process of a terminal by itself; what is sent to this one alone is passed on.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => stop(`berth: ${node} did not start: ${error.message}`));
child.on('exit', (status, signal) => (signal ? stop(`berth: ${script} was ended by ${signal}`) : process.exit(status)));
