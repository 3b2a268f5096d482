import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { fetchDebian } from '../../scripts/fetch-debian.ts';
import { freePort } from '../../scripts/free-port.ts';
import { type Server, startServer } from './server.ts';

/** Debian 13's rest-server. With TLS it speaks HTTP/2, without HTTP/1.1. `certificate` is for restic's `--cacert`. */
export const startRestServer = async (
  directory: string,
  security: 'plain' | 'tls',
): Promise<Server & AsyncDisposable & { readonly certificate: string }> => {
  const binary = join(
    await fetchDebian('rest-server-trixie', 'trixie', ['restic-rest-server']),
    'usr/bin/restic-rest-server',
  );
  const dataDir = join(directory, 'data');
  await mkdir(dataDir, { recursive: true });
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  if (security === 'tls') await makeCertificate(certificate, key);
  const port = await freePort();
  const tls = security === 'tls' ? ['--tls', '--tls-cert', certificate, '--tls-key', key] : [];
  const where = ['--listen', `127.0.0.1:${port}`, '--path', dataDir];
  const server = await startServer([binary, '--no-auth', ...where, ...tls], { port });
  return { pid: server.pid, port, dataDir, certificate, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

const makeCertificate = (certificate: string, key: string) => {
  const subject = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  return execa('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', certificate]);
};
