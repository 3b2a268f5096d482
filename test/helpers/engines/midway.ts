import type { Database } from '../../../packages/agent/src/databases/engine.ts';

/** A database whose stream stops after so many bytes until `act` is done: what happens then happens in the middle of its dump. */
export const midway = (
  database: Database,
  act: () => Promise<void>,
  { unit: name, bytes: after = 1 }: { readonly unit?: string | null | undefined; readonly bytes?: number } = {},
): Database & { readonly wasThere: () => boolean } => {
  let wasThere = false;
  let seen = 0;
  return {
    ...database,
    wasThere: () => wasThere,
    dump: (unit, to, world, signal) => {
      if (to.kind === 'folder' || (name !== undefined && unit.database !== name)) {
        return database.dump(unit, to, world, signal);
      }
      const write = async (chunk: Uint8Array): Promise<void> => {
        seen += chunk.length;
        if (!wasThere && seen >= after) {
          wasThere = true;
          await act();
        }
        await to.sink.write(chunk);
      };
      return database.dump(unit, { kind: 'stream', sink: { write } }, world, signal);
    },
  };
};
