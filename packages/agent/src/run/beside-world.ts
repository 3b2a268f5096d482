import { Problem } from '@berth/common/problem.ts';
import type { Home } from '../config/home.ts';
import type { AgentConfig } from '../config/schema.ts';
import { planGroups } from '../containers/groups.ts';
import type { AtKillPoint } from '../containers/kill-points.ts';
import { labelledDatabases } from '../containers/labelled-databases.ts';
import { lookAt } from '../containers/paths.ts';
import { ownContainerId } from '../containers/self.ts';
import { openDatabase } from '../databases/entries.ts';
import { takeSnapshotsBy } from '../filesystems/take.ts';
import { recover } from '../recover/recover.ts';
import { recoverWorld } from '../recover/world.ts';
import { type OpenWorld, openWorld } from '../restore-db/world.ts';
import { execOn } from '../services/exec.ts';
import type { Beside, BesideWorld, QuietGroup } from './beside.ts';

/** What there is beside files on this machine: its databases, containers, units and file systems. `at` is for tests that kill. */
export const besideWorld = (about: {
  readonly home: Home;
  readonly env: NodeJS.ProcessEnv;
  readonly at?: AtKillPoint | undefined;
}): BesideWorld => {
  const { home, env, at } = about;
  return {
    recover: (config, signal) => recover(home, recoverWorld({ home, env, config, at }), signal),
    open: async (config, signal): Promise<Beside> => {
      await using stack = new AsyncDisposableStack();
      const found = stack.use(await openWorld({ home, config, env, signal, at }));
      const labelled = config.containers?.labels === true ? labelledDatabases(found.containers, config.databases) : [];
      const planned = await groupsOf(config, found);
      const open = stack.move();
      return {
        databases: found.entries.map(openDatabase),
        unclear: labelled.flatMap(({ container, problem }) => (problem === null ? [] : [{ container, problem }])),
        ...planned,
        engines: found.world,
        quiesce: found.world.quiesce,
        takeSnapshots: (paths, { oneFileSystem }, until) => {
          const take = {
            things: found.world.things,
            exec: execOn(env),
            uid: process.getuid?.() ?? -1,
            oneFileSystem,
            at,
          };
          return takeSnapshotsBy(take)(paths, [home.directory, home.state], until);
        },
        folders: `${home.state}/databases`,
        at,
        [Symbol.asyncDispose]: () => open.disposeAsync(),
      };
    },
  };
};

/** Containers first, then units. An engine that is away keeps no unit from being copied. */
const groupsOf = async (config: AgentConfig, found: OpenWorld): Promise<Pick<Beside, 'groups' | 'problem'>> => {
  const units = config.services.map(unitGroup);
  const engine = found.world.containers;
  const away = found.problems.find(({ code }) => code !== 'container-label') ?? null;
  if (config.containers === null || engine === null) return { groups: units, problem: away };
  try {
    const groups = await planGroups(config.containers, engine, { look: lookAt, own: await ownContainerId() });
    return { groups: [...groups, ...units], problem: away };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { groups: units, problem: error };
  }
};

const unitGroup = ({ unit, user, paths, timeoutMs }: AgentConfig['services'][number]): QuietGroup => ({
  group: { kind: 'unit', name: unit, unit, user, timeoutMs },
  ...{ paths, warnings: [], problem: null },
});
