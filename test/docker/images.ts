import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { withEngine } from '../../scripts/docker/engine.ts';
import { buildImage } from '../../scripts/docker/image.ts';
import { project } from '../../scripts/docker/programs.ts';
import { fetchDebian } from '../../scripts/fetch-debian.ts';

/** The images of the tests: names of their own, so that a `berth` image of this machine stays what it is. */
export const serverImage = 'berth:test';
export const clientImage = 'berth-client:test';

/** The first time on a machine: an engine, a stand-in for the base image, two images. Afterwards a few seconds. */
export const prepareWithinMs = 900_000;

/** Everything a test in a container stands on. Rejects, and never skips, when it can not be had. Disposing stops an engine that was started here. */
export const prepareDocker = async (): Promise<AsyncDisposable> => {
  const engine = await withEngine();
  try {
    await buildImage(serverImage);
    await buildClient();
    return engine;
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
};

const buildClient = async (): Promise<void> => {
  const context = await mkdtemp(join(tmpdir(), 'berth-client-'));
  try {
    await execa(process.execPath, [join(project, 'scripts/build.ts')]);
    await cp(join(project, 'dist/berth.mjs'), join(context, 'berth.mjs'));
    const restic = join(await fetchDebian('bookworm-restic', 'bookworm', ['restic']), 'usr/bin/restic');
    await cp(restic, join(context, 'restic-0.14'));
    const file = join(import.meta.dirname, 'client.Dockerfile');
    await execa('docker', ['build', '--file', file, '--tag', clientImage, context], { timeout: 300_000 });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
};
