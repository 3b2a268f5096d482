import type { Experiment } from './experiment.ts';
import { failOutside } from './support/fail-outside.ts';
import { playScene, scenes } from './support/failed-put.ts';
import { type Fault, faultsOf } from './support/failing-disk.ts';
import { scratch } from './support/scratch.ts';
import { sideBySide } from './support/side-by-side.ts';

/** Each in a folder of its own; what they wait for is the file system. */
const lanes = 6;

/**
 * Every call that a put makes of the disk fails once, and in the full form from it on as well, with ENOSPC, with EIO, and, where bytes are
 * added, by taking half of them. Then the same from outside, on the session program as it is.
 */
export const failingDiskExperiment: Experiment = {
  id: 3,
  name: 'ENOSPC and EIO at every write and fsync of a put',
  run: async (conditions) => {
    const { full, say, signal } = conditions;
    await using folder = await scratch('memory');
    const wrong: string[] = [];
    let faults = 0;
    let points = 0;
    for (const scene of scenes) {
      const { calls } = await playScene(folder.path, scene, null);
      points += calls.length;
      await sideBySide(
        calls.flatMap((call, at) => faultsAt(call, at, full ? [false, true] : [false])),
        lanes,
        async (fault) => {
          signal.throwIfAborted();
          faults += 1;
          const aftermath = await playScene(folder.path, scene, fault);
          for (const words of aftermath.wrong) {
            wrong.push(words);
            const how = `${fault.lasting ? 'from' : 'at'} call ${fault.at} (${calls[fault.at]})`;
            say(`${scene.name}, ${fault.code} ${how}: ${words}`);
          }
        },
      );
      say(`${scene.name}: ${calls.length} calls`);
    }
    const outside = await failOutside(conditions, full ? 200 : 20);
    return {
      many: `${faults} faults at ${points} calls of a put; ${outside.uploads} uploads through libfiu`,
      lost: `${wrong.length + outside.wrong} wrong`,
      figure: `through libfiu, ${outside.sessions} sessions: ${outside.acknowledged} acknowledged, ${outside.refused} refused`,
      held: wrong.length === 0 && outside.wrong === 0 && outside.refused > 0 && outside.acknowledged > 0,
    };
  },
};

const faultsAt = (call: string, at: number, lasting: readonly boolean[]): readonly Fault[] =>
  faultsOf(call).flatMap((code) => lasting.map((stays) => ({ at, code, lasting: stays })));
