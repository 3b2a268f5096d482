import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const programs = {
  'berth-server': 'packages/server/src/cli.ts',
  session: 'packages/server/src/session/main.ts',
  job: 'packages/server/src/jobs/main.ts',
  coordinator: 'packages/server/src/coordinator/main.ts',
  monitor: 'packages/server/src/monitor/main.ts',
  ingest: 'packages/server/src/ingest/main.ts',
  watcher: 'packages/server/src/ingest/watch/main.ts',
  dial: 'packages/server/src/ingest/backup/dial.ts',
  berth: 'packages/agent/src/cli.ts',
};

/** One file per program in `outdir`, which needs nothing but Node; `more` are other programs, name and file. */
export const buildInto = async (
  outdir: string,
  more: Readonly<Record<string, string>> = {},
  logLevel: 'info' | 'error' = 'error',
): Promise<void> => {
  await build({
    absWorkingDir: root,
    entryPoints: { ...programs, ...more },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    // ssh2 tries its optional native parts and does without them.
    external: ['cpu-features', '*.node'],
    // What CommonJS modules take for granted, and an ES module does not have.
    banner: {
      js: [
        "import { createRequire } from 'node:module';",
        'const require = createRequire(import.meta.url);',
        'const { dirname: __dirname, filename: __filename } = import.meta;',
      ].join('\n'),
    },
    legalComments: 'linked',
    logLevel,
  });
};

// `npm run build`
if (import.meta.main) await buildInto('dist', {}, 'info');
