import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { EngineWorld } from '../engine.ts';
import { dumpFailed } from '../failed.ts';
import type { MinioEntry } from '../minio.ts';

/** MinIO's client with one server set up, as `src`. */
export interface Mc extends AsyncDisposable {
  /** Its JSON lines. Throws 'database-refused', 'database-unreachable', 'dump-failed'. */
  readonly run: (args: readonly string[], signal: AbortSignal) => Promise<readonly Line[]>;
}

const line = z.looseObject({
  status: z.string().optional(),
  key: z.string().optional(),
  type: z.string().optional(),
  size: z.number().optional(),
  error: z
    .looseObject({
      message: z.string().optional(),
      cause: z.looseObject({ message: z.string().optional() }).optional(),
    })
    .optional(),
});
type Line = z.output<typeof line>;

const mostLines = 5_000_000;

/**
 * Keys stand in a file that only this run reads (https://min.io/docs/minio/linux/reference/minio-mc.html, `config.json`), not in an address: there
 * they would have to be escaped. Midnight Commander is called `mc` as well, and Debian calls this one `minio-client`: whichever says it is MinIO's is it.
 */
export const openMc = async (entry: MinioEntry, world: EngineWorld, signal: AbortSignal): Promise<Mc> => {
  const program = await findMc(entry, world, signal);
  const { host, port } = entry.url === null ? await world.addressOf(entry.at, 9000) : { host: '', port: 0 };
  const url = entry.url ?? `${entry.ca_file === null ? 'http' : 'https'}://${host}:${port}`;
  const scratch = await world.scratch();
  const secretKey = await world.secret(entry.secret_key_file);
  const src = { url, accessKey: entry.access_key, secretKey, api: 'S3v4', path: 'auto' };
  await writeFile(join(scratch.path, 'config.json'), JSON.stringify({ version: '10', aliases: { src } }), {
    mode: 0o600,
  });
  const run = async (args: readonly string[], ending: AbortSignal): Promise<readonly Line[]> => {
    const lines: Line[] = [];
    let rest = '';
    const hear = (text: string): void => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const parsed = line.safeParse(json(part));
        if (parsed.success) lines.push(parsed.data);
      }
      if (lines.length > mostLines) throw dumpFailed('This bucket has more objects than berth can list.');
    };
    const decoder = new TextDecoder();
    const { code, stderr } = await world.run(
      { kind: 'host' },
      {
        argv: [program, '--config-dir', scratch.path, '--json', '--quiet', ...args],
        // SSL_CERT_FILE is Go's way to name certificates: https://pkg.go.dev/crypto/x509#SystemCertPool
        env: { MC_NO_COLOR: '1', ...(entry.ca_file !== null && { SSL_CERT_FILE: entry.ca_file }) },
        onStdout: (chunk) => hear(decoder.decode(chunk, { stream: true })),
      },
      ending,
    );
    hear('\n');
    const wrong = lines.find(({ status }) => status === 'error');
    if (code === 0 && wrong === undefined) return lines;
    const words = [wrong?.error?.message ?? '', wrong?.error?.cause?.message ?? '', ...stderr].filter(
      (word) => word !== '',
    );
    throw problemOf(args[0] ?? '', url, code, words);
  };
  return { run, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const problemOf = (verb: string, url: string, code: number | null, words: readonly string[]): Problem => {
  const said = words.join('\n');
  const cause = new Error(said);
  if (/Access Ke?y|AccessDenied|Access Denied|signature|InvalidAccessKeyId/i.test(said)) {
    return new Problem('database-refused', `${url} refused the keys.`, 'Look at access_key and secret_key_file.', {
      cause,
    });
  }
  if (/connection refused|no such host|i\/o timeout|Unable to initialize new alias|no route to host/i.test(said)) {
    return new Problem(
      'database-unreachable',
      `${url} does not answer.`,
      'Look whether the server runs, and its address.',
      {
        cause,
      },
    );
  }
  return dumpFailed(`mc ${verb} ended with ${code ?? 'a signal'}.`, words);
};

const findMc = async (entry: MinioEntry, world: EngineWorld, signal: AbortSignal): Promise<string> => {
  for (const program of entry.mc === null ? ['minio-client', 'mcli', 'mc'] : [entry.mc]) {
    const said: Uint8Array[] = [];
    const end = await world
      .run({ kind: 'host' }, { argv: [program, '--version'], onStdout: (chunk) => void said.push(chunk) }, signal)
      .catch((error: unknown) => {
        if (error instanceof Problem && error.code === 'tool-missing') return null;
        throw error;
      });
    if (end?.code === 0 && /minio|RELEASE\.|mc version/i.test(Buffer.concat(said).toString('utf8'))) return program;
  }
  throw new Problem(
    'tool-missing',
    'MinIO’s client is not installed here.',
    'Install it (Debian calls it minio-client), or name it: mc: /usr/local/bin/mc',
  );
};
