import { main } from './cli/main.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The first asks; whoever cannot wait for the tidying up sends a second, which then does what it does by default.
  process.once(signal, () => stopping.abort(new Error(signal)));
}
// A reader that went away (berth snapshots | head) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await main(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  env: process.env,
  uid: process.getuid?.() ?? 0,
  terminal: process.stderr.isTTY,
  columns: process.stderr.columns ?? 80,
  signal: stopping.signal,
});
