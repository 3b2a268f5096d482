import { execa } from 'execa';
import { type Finding, failed, fine } from './finding.ts';

/** Is this Node new enough? The sources run by type stripping and use `using`, which 24 brought. */
export const checkNode = (version: string): Finding =>
  Number(version.split('.')[0]) >= 24
    ? fine('node', `Node ${version}`)
    : failed('node', `Node ${version} is too old.`, 'Install Node 24 or newer.');

/** Is there an ssh client, and is it one that knows our options? `ssh -V` writes to stderr. */
export const checkSsh = async (ssh: string): Promise<Finding> => {
  const { stderr, failed: broken } = await execa(ssh, ['-V'], { reject: false, timeout: 10_000 });
  const version = /OpenSSH[^\s,]*/.exec(stderr)?.[0];
  if (broken || version === undefined) {
    return failed(
      'ssh',
      `The program ${ssh} is not there or not OpenSSH.`,
      'Install it: "apt install openssh-client".',
    );
  }
  return fine('ssh', version.replace('_', ' '));
};
