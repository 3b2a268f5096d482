import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeProgram } from '../../requirements.ts';
import { clone, type Stage } from '../../stage.ts';
import { imageName } from '../image.ts';
import type { Plan, Way } from './container.ts';

/** What differs from docker/compose.yaml, so that a receiver of this machine keeps its name and its image. */
const ownFile = 'demo.yaml';

/** `docker compose up` and `down` with the clone's own file. The container itself makes sources.yaml and the host key. */
export const byCompose = async (stage: Stage, { name, port, config, data }: Plan): Promise<Way> => {
  const own = { container_name: name, image: imageName, restart: 'no' };
  await writeFile(join(stage.directory, ownFile), `${JSON.stringify({ services: { berth: own } })}\n`);
  const folders = { BERTH_CONFIG: join(stage.directory, config), BERTH_DATA: join(stage.directory, data) };
  const settings = Object.entries({ ...folders, BERTH_PORT: `127.0.0.1:${port}` });
  const files = ['--file', join(clone, 'docker/compose.yaml'), '--file', ownFile];
  const compose = [
    ...['env', ...settings.map(([key, value]) => `${key}=${value}`)],
    ...(await composeProgram()),
    ...['--project-name', name, ...files],
  ];
  return { start: [[...compose, 'up', '--detach']], end: [...compose, 'down'] };
};
