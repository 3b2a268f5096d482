import type { Quiesce } from '../containers/containers.ts';
import { quiesceUnit, type UnitsWorld } from './units.ts';

/** Makes quiet whatever a group is: units here, containers by `containers`. */
export const quiesceBy = (world: UnitsWorld & { readonly containers: Quiesce }): Quiesce => ({
  down: (group, signal) =>
    group.kind === 'unit' ? quiesceUnit(group, world, signal) : world.containers.down(group, signal),
});
