import { execa } from 'execa';
import { ensureBase } from './base.ts';
import { withEngine } from './engine.ts';
import { project } from './programs.ts';

/** Builds docker/Dockerfile, unchanged, and gives it that name. Rejects with the build's last words. */
export const buildImage = async (tag: string): Promise<void> => {
  await ensureBase();
  const build = ['build', '--file', 'docker/Dockerfile', '--tag', tag, '.'];
  const { failed, all = '' } = await execa('docker', build, {
    cwd: project,
    reject: false,
    all: true,
    timeout: 600_000,
  });
  if (failed) throw new Error(`The image could not be built:\n${all.split('\n').slice(-40).join('\n')}`);
};

// `node scripts/docker/image.ts [TAG]`: the image for this machine, with an engine of our own where there is none.
if (import.meta.main) {
  const tag = process.argv[2] ?? 'berth';
  await using engine = await withEngine();
  process.stdout.write(engine.pid === null ? 'The engine answers.\n' : `Started dockerd, pid ${engine.pid}.\n`);
  process.stdout.write(`Base image: ${await ensureBase()}\n`);
  await buildImage(tag);
  process.stdout.write(`Built ${tag}.\n`);
}
