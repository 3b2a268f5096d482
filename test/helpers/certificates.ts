import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A server's key and certificate, and the authority that signed it; all PEM. */
export interface Certificates {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** An authority of the test's own, and a certificate that it gave to `name`; valid for a day. */
export const certificates = async (name: string): Promise<Certificates> => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-certificates-'));
  const openssl = (...words: readonly string[]) =>
    execa('openssl', words, { cwd: folder, timeout: 30_000, stdin: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  try {
    await openssl('req', '-x509', ...key, '-subj', '/CN=Example authority', '-keyout', 'ca.key', '-out', 'ca.pem');
    await openssl('req', ...key.slice(0, -2), '-subj', `/CN=${name}`, '-keyout', 'server.key', '-out', 'server.csr');
    await writeFile(join(folder, 'names'), `subjectAltName=DNS:${name}\n`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'names'];
    await openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem');
    const [privateKey, cert, ca] = await Promise.all(
      ['server.key', 'server.pem', 'ca.pem'].map((file) => readFile(join(folder, file), 'utf8')),
    );
    return { key: privateKey ?? '', cert: cert ?? '', ca: ca ?? '' };
  } finally {
    await rm(folder, { recursive: true });
  }
};
