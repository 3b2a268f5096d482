import type { Logger } from 'pino';
import { coordinatorUid } from '../../coordinator/paths.ts';
import { keyOf, type Word } from '../../events/condition.ts';
import type { Keeper } from '../../events/keeper.ts';
import type { SyncthingState } from '../../ingest/facts.ts';
import { type FromWatcher, fromWatcherSchema, type ToWatcher } from '../../ingest/watch/link.ts';
import { jailWords, nodeWords } from '../../session/jail.ts';
import { Child, type Patience, type WhyDown } from '../child/child.ts';
import { Outbox } from '../child/outbox.ts';
import { statement } from '../child/statement.ts';
import { type Look, lookAt, networkNeeds } from '../monitor/network.ts';
import type { PhoneWorld } from './world.ts';

/** What the keeper of phones needs of a watcher. */
export interface PhoneWatcher {
  /** Whom to watch from now on. */
  readonly tell: (phones: ToWatcher['phones']) => void;
  readonly start: () => void;
  /** It is started anew, with what it may reach looked up again. */
  readonly restart: () => void;
  readonly letEnd: () => void;
  readonly stop: () => Promise<void>;
}

/** Hears what the watcher says of phones, which may be names it was never told. */
export interface WatcherHears {
  readonly onState: (phone: string, state: SyncthingState) => void;
  readonly onChanged: (phone: string) => void;
  /** It does not run: nobody knows anything. */
  readonly onGone: () => void;
}

const about = { code: 'job-failed', source: null, subject: 'watcher' } as const;

/** So that it is over, when it is, or nobody is watched any more. */
export const watcherIsUp: Word = { resolve: keyOf(about) };

const watcherIsDown = (why: WhyDown): Word => ({
  raise: {
    ...about,
    severity: 'warning',
    text: `${statement('The watcher of phones', why)} Backups and mirrors go on, by the clock: nobody hears what Syncthing says.`,
    remedy: why.remedy ?? 'See what it says: the log of the server, the lines with "component":"phones".',
  },
});

/**
 * The words that start the watcher: as `berth` (without root: as ourselves), without a way to gain privileges, behind walls as the monitor's. It
 * holds keys that may do anything to Syncthing, so it may read its own code and what finding a host by its name takes, and write nothing.
 */
export const watcherCommand = (
  { mode, jail, node, watcher }: Pick<PhoneWorld, 'mode' | 'jail' | 'node' | 'watcher'>,
  look: Look = lookAt,
): readonly string[] => {
  const cell = { node, program: watcher, readable: [], writable: [], system: networkNeeds(jail, look) };
  const id = String(coordinatorUid);
  const become = mode === 'rootless' ? [] : ['--reuid', id, '--regid', id, '--clear-groups'];
  return [
    ...['setpriv', '--pdeathsig', 'TERM', ...become, '--no-new-privs', ...jailWords(jail, cell)],
    ...[node, '--use-system-ca', ...nodeWords(cell), watcher],
  ];
};

/** The watcher as a child: told whom to ask, heard when it says what it was answered. While it is down phones go by the clock. */
export const watcherOf = (
  args: WatcherHears & {
    readonly world: PhoneWorld;
    readonly keeper: Pick<Keeper, 'say'>;
    readonly log: Logger;
    readonly patience?: Partial<Patience>;
  },
): PhoneWatcher => {
  const { world, keeper, log, patience, onState, onChanged, onGone } = args;
  const outbox = new Outbox<ToWatcher>('phones');
  const heed = (said: FromWatcher): 'applied' | 'alive' | Promise<void> => {
    switch (said.type) {
      case 'alive':
      case 'applied':
        return said.type;
      case 'state':
        onState(said.phone, said.state);
        return Promise.resolve();
      case 'changed':
        onChanged(said.phone);
        return Promise.resolve();
    }
  };
  const child = new Child<FromWatcher>({
    ...{ name: 'watcher', command: () => watcherCommand(world), prepare: () => undefined, schema: fromWatcherSchema },
    ...{ heed, connect: (to) => outbox.connect(to), down: { raise: watcherIsDown, over: watcherIsUp } },
    ...{ keeper, log, onGone, onChange: () => undefined, ...(patience && { patience }) },
    onUp: (pid) => log.info({ pid }, 'the watcher asks the Syncthing of phones'),
  });
  return {
    tell: (phones) => {
      outbox.say('phones', { type: 'phones', phones });
      child.expectAnswer();
    },
    start: () => child.start(),
    restart: () => child.restart(),
    letEnd: () => child.letEnd(),
    stop: () => child.stop(),
  };
};
