import { type Form, formOf, usage } from './form.ts';
import { obstacle } from './requirements.ts';
import { paint, say } from './screen.ts';
import { setStage } from './stage.ts';
import { attack } from './steps/attack/attack.ts';
import { backUpAgain, backUpBoth } from './steps/backup.ts';
import { enrolTwo } from './steps/enrol.ts';
import { clearAway, hostTraces } from './steps/host.ts';
import { prepareImage } from './steps/image.ts';
import { startReceiver } from './steps/receiver/start.ts';
import { restoreAsOf, rewind, scrub } from './steps/recover.ts';
import { restoreAndCompare } from './steps/restore.ts';
import { Story } from './story.ts';
import { summary } from './summary.ts';

/** `npm run demo`: berth's main job on this very machine, then an attacker with one machine's key. */
const tell = async (story: Story, form: Form, signal: AbortSignal): Promise<void> => {
  const before = await hostTraces();
  await using stage = await setStage(signal);
  story.part('The main job');
  await using engine = form === 'process' ? null : await story.chapter('An image is built', prepareImage);
  await using receiver = await story.chapter('A receiver starts', () => startReceiver(stage, form));
  const [laptop, workstation] = await story.chapter('Two machines enrol', () => enrolTwo(stage, receiver));
  const first = await story.chapter('Both back up', () =>
    backUpBoth(stage, receiver, { shown: laptop, silent: workstation }),
  );
  await story.chapter('Again, unchanged', () => backUpAgain(stage, receiver, laptop, first));
  await story.chapter('Restored elsewhere', () =>
    restoreAndCompare(stage, laptop, { target: 'restored', options: [] }),
  );
  const scene = { stage, receiver, agent: laptop, moment: new Date().toISOString() };
  story.part('Somebody took over the laptop, and has its key and its password');
  await attack(story, { stage, receiver, attacker: laptop, victim: workstation });
  story.part('And it is all brought back');
  await story.attempt('As it was before the attack', () => restoreAsOf(scene));
  await story.attempt('The repository itself', () => rewind(scene));
  await story.attempt('Every byte on the server', () => scrub(scene));
  story.part('The end');
  await story.attempt('Nothing stays behind', () => clearAway({ stage, receiver, engine }, before));
};

const form = formOf(process.argv.slice(2));
const reason = form === null ? usage : await obstacle(form);
if (form === null || reason !== null) {
  process.stderr.write(`${reason}\n`);
  process.exit(form === null ? 64 : 1);
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort(signal));

const started = performance.now();
const story = new Story(stopping.signal);
try {
  await tell(story, form, stopping.signal);
} catch (error) {
  if (!stopping.signal.aborted && !(story.rows.at(-1)?.state === 'broken')) throw error;
}
if (stopping.signal.aborted) {
  say(paint('yellow', '\nStopped. Everything the demo started has ended, and its directory is gone.'));
  process.exitCode = 130;
} else {
  summary(story.rows, performance.now() - started);
  process.exitCode = story.rows.every(({ state }) => state !== 'broken') ? 0 : 1;
}
