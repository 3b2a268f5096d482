import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';

// A receiver for tests of the wrapper only: restic's REST API over HTTP/2 on stdio, on a plain repository, with one fault.
// Usage: node stdio-store.ts FAULT DIRECTORY [receive]   FAULT: none, full (507), refuse (403), cut (dies in the first pack)

const [fault = 'none', directory = '.'] = process.argv.slice(2);

const serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  const url = new URL(headers[':path'] ?? '/', 'http://localhost');
  const [type = '', name] = url.pathname.split('/').filter((part) => part !== '');
  const file =
    name !== undefined && type === 'data'
      ? join(directory, type, name.slice(0, 2), name)
      : join(directory, type, name ?? '');
  const answer = (status: number, body: string | Uint8Array = '') => {
    stream.respond({ ':status': status, 'content-length': Buffer.byteLength(body) });
    stream.end(headers[':method'] === 'HEAD' ? undefined : body);
  };
  if (headers[':method'] === 'POST') return receive(stream, type, file, answer);
  stream.resume();
  if (headers[':method'] === 'DELETE') {
    rmSync(file, { force: true });
    return answer(200);
  }
  if (url.pathname.endsWith('/')) return list(stream, type);
  if (!existsSync(file)) return answer(404);
  const content = readFileSync(file);
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (from === undefined) return answer(200, content);
  answer(206, content.subarray(Number(from), to === '' ? undefined : Number(to) + 1));
};

const receive = (stream: ServerHttp2Stream, type: string, file: string, answer: (status: number) => void) => {
  const chunks: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => {
    if (fault === 'cut' && type === 'data') process.exit(1);
    chunks.push(chunk);
  });
  stream.on('end', () => {
    if (type === 'data' && fault === 'full') return answer(507);
    if (type === 'data' && fault === 'refuse') return answer(403);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.concat(chunks));
    answer(200);
  });
};

const list = (stream: ServerHttp2Stream, type: string): void => {
  const root = join(directory, type);
  const entries = existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }) : [];
  const objects = entries
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => ({ name, size: statSync(join(parentPath, name)).size }));
  stream.respond({ ':status': 200, 'content-type': 'application/vnd.x.restic.rest.v2' });
  stream.end(JSON.stringify(objects));
};

const server = createServer();
server.on('stream', serve);
const stdio = Duplex.from({ readable: createReadStream('', { fd: 0 }), writable: createWriteStream('', { fd: 1 }) });
server.emit('connection', stdio);
stdio.on('close', () => process.exit(0));
