import { paint, say } from '../demo/screen.ts';
import { setStage } from '../demo/stage.ts';
import { hostTraces } from '../demo/steps/host.ts';
import { startProcess } from '../demo/steps/receiver/process.ts';
import { Story } from '../demo/story.ts';
import { summary } from '../demo/summary.ts';
import { seeBackup } from './steps/backup.ts';
import { clearAway } from './steps/clear-away.ts';
import { deleteOnThePhone, editOne } from './steps/delete.ts';
import { readDigest } from './steps/digest.ts';
import { namePhone } from './steps/name.ts';
import { bringSyncthing, pairTwo } from './steps/pair.ts';
import { seeMirror, takePhotos } from './steps/photos.ts';
import { findInSnapshots, restoreOne } from './steps/restore.ts';
import { checkOff } from './steps/safe.ts';

/** `npm run demo:phone`: a phone, played by a Syncthing of its own, and what is left of its photos when they are deleted there. */
const tell = async (story: Story, signal: AbortSignal): Promise<void> => {
  const before = await hostTraces();
  await using stage = await setStage(signal);
  story.part('A phone and a NAS');
  await story.chapter('Syncthing is there', bringSyncthing);
  await using pair = await story.chapter('Two of them know each other', () => pairTwo(stage));
  const photos = await story.chapter('The phone has 12 photos', () => takePhotos(pair));
  story.part('What the server does by itself');
  await using receiver = await story.chapter('A receiver starts', () => startProcess(stage));
  const phone = await story.chapter('sources.yaml names the phone', () => namePhone(stage, receiver, pair));
  await story.chapter('The photos are mirrored', () => seeMirror(phone, photos));
  await story.chapter('The phone is backed up', () => seeBackup(phone));
  const first = await story.chapter('Safe to delete?', () => checkOff(phone, photos));
  story.part('And what it loses');
  const edited = await story.chapter('One is edited', () => editOne(phone, photos));
  await story.attempt('All are deleted on the phone', () => deleteOnThePhone(phone, edited));
  await story.attempt('The snapshots', () => findInSnapshots(phone, photos, first));
  await story.attempt('One comes back', () => restoreOne(phone, photos, first));
  await story.attempt('What the digest says', () => readDigest(phone));
  story.part('The end');
  await story.attempt('Nothing stays behind', () => clearAway({ stage, receiver, pair }, before));
};

if (process.argv.length > 2) {
  process.stderr.write('Usage: npm run demo:phone\n');
  process.exit(64);
}
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort(signal));

const startedAt = performance.now();
const story = new Story(stopping.signal);
try {
  await tell(story, stopping.signal);
} catch (error) {
  // The story has said it already.
  if (!stopping.signal.aborted && story.rows.at(-1)?.state !== 'broken') throw error;
}
if (stopping.signal.aborted) {
  say(paint('yellow', '\nStopped. Everything the demo started has ended, and its directory is gone.'));
  process.exitCode = 130;
} else {
  summary(story.rows, performance.now() - startedAt);
  process.exitCode = story.rows.every(({ state }) => state !== 'broken') ? 0 : 1;
}
