import { join } from 'node:path';
import { execa } from 'execa';
import { requirePrograms } from '../../scripts/docker/programs.ts';
import { fetchDebian } from '../../scripts/fetch-debian.ts';

/** What ssh-audit makes of an SSH server. */
export interface Audit {
  /** ssh-audit's own verdict: 0 good, 2 a warning, 3 a failure, 1 it could not connect. */
  readonly exitCode: number | undefined;
  /** Its lines that warn or fail, and those about what it does not know. */
  readonly complaints: readonly string[];
  /** All it said, without colours. */
  readonly text: string;
}

/**
 * Debian 13's ssh-audit (3.3) against a port of the loopback; it takes about 5 s. Not Debian 12's (2.5): that one calls
 * the strict key exchange of 2023 and the post-quantum one unknown. It is fetched as restic is, so no release of Debian
 * decides what is tested.
 */
export const auditSsh = async (port: number): Promise<Audit> => {
  await requirePrograms({ python3: 'python3' });
  const modules = join(await fetchDebian('ssh-audit-trixie', 'trixie', ['ssh-audit']), 'usr/lib/python3/dist-packages');
  const words = ['-B', '-m', 'ssh_audit', '--no-colors', '--port', String(port), '127.0.0.1'];
  const { exitCode, stdout } = await execa('python3', words, {
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
    env: { PYTHONPATH: modules },
  });
  const complaints = stdout.split('\n').filter((line) => /\[(?:warn|fail)\]|unknown algorithm/.test(line));
  return { exitCode, complaints, text: stdout };
};
