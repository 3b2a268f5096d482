import { access, constants, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** The root of the clone. */
export const project = join(import.meta.dirname, '..', '..');

/** What may be thrown away and made again; git ignores it. */
export const cache = join(project, '.cache');

const deadlineMs = 300_000;

/**
 * Installs Debian packages of which a program is missing. None of their services starts: what is needed here is the program, and an engine
 * that came with a package would outlive the tests.
 */
export const requirePrograms = async (programs: Readonly<Record<string, string>>): Promise<void> => {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(programs)) if (!(await isInstalled(program))) missing.push(name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !(await isInstalled('apt-get')))
    throw new Error(`These are missing, and only root with apt can install them: ${missing.join(' ')}`);
  await withoutServices(async () => {
    const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeout: deadlineMs, stdin: 'ignore' } as const;
    await execa('apt-get', ['update', '-qq'], quiet);
    await execa('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], quiet);
  });
};

const isInstalled = async (program: string): Promise<boolean> => {
  for (const folder of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
};

/** invoke-rc.d asks this file before it starts anything. */
const withoutServices = async (install: () => Promise<void>): Promise<void> => {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = await stat(policy).then(
    () => false,
    () => true,
  );
  if (ours) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    if (ours) await rm(policy);
  }
};
