import { execa } from 'execa';
import { requirePrograms } from '../docker/programs.ts';
import type { Form } from './form.ts';

/** What keeps this form of the demo from being told here: a sentence, and the one thing to type. Null when nothing does. */
export const obstacle = async (form: Form): Promise<string | null> => {
  if (form === 'process') return null;
  if (process.getuid?.() !== 0) {
    const why = "the container's folders belong to root, and the demo looks at what is stored in them";
    return `berth: ${why}. Type:\n  sudo ${commandFor[form]}`;
  }
  if ((await answers('docker', 'version')) || (await answers('apt-get', '--version'))) return null;
  const engine = 'no Docker engine answers, and this system has no apt to install one with';
  return `berth: ${engine}. Start or install it (https://docs.docker.com/engine/install/), then type:\n  ${commandFor[form]}`;
};

const commandFor = { up: 'npm run demo -- --docker', compose: 'npm run demo -- --docker=compose' } as const;

/** Compose's second version as the engine's plugin, or its first, which Debian has; that one is installed where neither is there. */
export const composeProgram = async (): Promise<readonly string[]> => {
  if (await answers('docker', 'compose', 'version')) return ['docker', 'compose'];
  await requirePrograms({ 'docker-compose': 'docker-compose' });
  return ['docker-compose'];
};

/** Whether a program is there and content; for `docker version` the engine has to be, too. */
export const answers = async (program: string, ...words: readonly string[]): Promise<boolean> =>
  !(await execa(program, words, { reject: false, stdin: 'ignore', timeout: 20_000 })).failed;
