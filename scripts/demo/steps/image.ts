import { execa } from 'execa';
import { baseImage, ensureBase } from '../../docker/base.ts';
import { type Engine, withEngine } from '../../docker/engine.ts';
import { buildImage } from '../../docker/image.ts';
import { answers } from '../requirements.ts';
import { quote, say, typed } from '../screen.ts';
import { clone } from '../stage.ts';
import { BrokenPromise, type Told } from '../story.ts';
import { size } from '../words.ts';

/** A name of its own, so that a `berth` image of this machine stays what it is. */
export const imageName = 'berth:demo';

const origins = {
  present: 'was here already',
  pulled: 'was pulled from its registry',
  'stand-in': 'no registry answers: Debian 13 and this clone’s Node stand in for it, under its name',
} as const;

/** An engine, the base image and berth's own. Disposing stops the engine if it was started here, and only then. */
export const prepareImage = async (): Promise<Told<Engine>> => {
  if (!(await answers('docker', 'version'))) say("  No engine answers: Debian's docker.io is started for this demo.");
  const engine = await withEngine().catch(inFewWords);
  try {
    quote(engine.pid === null ? 'the engine answers' : `the engine runs, pid ${engine.pid}`);
    const base = await ensureBase();
    quote(`${baseImage}: ${origins[base]}`);
    say(`  $ cd ${clone}`);
    typed(['docker', 'build', '--file', 'docker/Dockerfile', '--tag', imageName, '.']);
    await buildImage(imageName).catch(inFewWords);
    const { stdout } = await execa('docker', ['image', 'inspect', '--format', '{{.Size}}', imageName]);
    return { result: `${imageName}, ${size(Number(stdout))}, on ${baseImage} (${base})`, value: engine };
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
};

/** The first line for the table, the rest for the person. */
const inFewWords = (error: unknown): never => {
  const [first = '', ...rest] = (error instanceof Error ? error.message : String(error)).split('\n');
  quote(rest.join('\n'));
  throw new BrokenPromise(first, { cause: error });
};
