import type { Logger } from 'pino';
import type { Layout } from '../../accounts/layout.ts';
import { coordinatorUid, stateFolder } from '../../coordinator/paths.ts';
import { readConditions } from '../../events/files.ts';
import type { Keeper } from '../../events/keeper.ts';
import type { Jail } from '../../session/jail.ts';
import type { Program } from '../program.ts';
import { coordinatorCommand, coordinatorPlace } from './command.ts';
import { Coordinator, type CoordinatorOptions } from './coordinator.ts';
import { ensureSocketFolders, ensureStateFolder } from './folders.ts';

interface Server extends Pick<CoordinatorOptions, 'onPlaces' | 'onChange' | 'patience'> {
  readonly layout: Layout;
  readonly jail: Jail;
  readonly program: Program;
  readonly keeper: Pick<Keeper, 'say'>;
  readonly log: Logger;
  /** See `RunOptions.coordinatorAheadMs`. */
  readonly aheadMs: number;
}

/** The coordinator of this server; it does not run yet. */
export const coordinatorOf = ({ layout, jail, program, keeper, log, aheadMs, ...options }: Server): Coordinator => {
  const place = coordinatorPlace(layout, jail, program);
  const uid = layout.mode === 'rootless' ? (process.getuid?.() ?? -1) : coordinatorUid;
  const groupOf = (source: { readonly uid: number }): number | null => (layout.mode === 'rootless' ? null : source.uid);
  return new Coordinator({
    command: coordinatorCommand(place, aheadMs),
    prepare: () => ensureStateFolder(stateFolder(layout.dataDir), uid),
    makeFolders: ({ sources }) => {
      const withAgent = sources.filter(({ hasAgent }) => hasAgent);
      ensureSocketFolders(place.control, withAgent, { uid, groupOf });
    },
    keeper,
    open: () => readConditions(layout.dataDir),
    log,
    ...options,
  });
};
