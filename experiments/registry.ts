import { killsExperiment } from './01-kills.ts';
import { unsyncedWritesExperiment } from './02-unsynced-writes.ts';
import { failingDiskExperiment } from './03-failing-disk.ts';
import { wipeExperiment } from './04-wipe.ts';
import { prefixesExperiment } from './05-prefixes.ts';
import { bitFlipsExperiment } from './06-bit-flips.ts';
import { racesExperiment } from './07-races.ts';
import { clocksExperiment } from './08-clocks.ts';
import { restExperiment } from './09-rest.ts';
import { slowLorisExperiment } from './10-slow-loris.ts';
import { manySourcesExperiment } from './11-many-sources.ts';
import { confinedExperiment } from './12-confined.ts';
import type { Experiment } from './experiment.ts';

/** Every experiment, in the order they run: to add one, write a file like the others and name it here. */
export const registry: readonly Experiment[] = [
  killsExperiment,
  unsyncedWritesExperiment,
  failingDiskExperiment,
  wipeExperiment,
  prefixesExperiment,
  bitFlipsExperiment,
  racesExperiment,
  clocksExperiment,
  restExperiment,
  slowLorisExperiment,
  manySourcesExperiment,
  confinedExperiment,
];

/** The numbers of those that count seconds under load, and would only measure what else the machine does meanwhile. */
export const needTheMachine: readonly number[] = [10, 11, 12];
