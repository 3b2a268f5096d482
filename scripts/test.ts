import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** `npm test`: formatting, lint and types first, then every test. vitest's last line is ours to count by. */
const root = join(import.meta.dirname, '..');
// Every random test its whole number of times; `npm run test:unit` is the short form.
process.env['BERTH_TESTS'] = 'long';
const run = (command: string, words: readonly string[]): boolean => {
  process.stdout.write(`\n> ${command} ${words.join(' ')}\n`);
  const { status, error } = spawnSync(command, [...words], { cwd: root, stdio: 'inherit' });
  if (error !== undefined) throw error;
  return status === 0;
};

const results = [
  run('biome', ['check', '.']),
  run('tsc', []),
  run(process.execPath, [join(root, 'scripts/fetch-restic.ts')]),
  run('vitest', ['run', ...process.argv.slice(2)]),
];
if (results.includes(false)) process.stderr.write('npm test: at least one of the four steps above failed\n');
process.exitCode = results.includes(false) ? 1 : 0;
