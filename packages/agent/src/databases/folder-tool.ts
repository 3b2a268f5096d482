import { PassThrough } from 'node:stream';
import { drained } from './drained.ts';
import type { EngineWorld } from './engine.ts';
import type { Place } from './place.ts';
import type { ToolEnd } from './tool.ts';

/**
 * A tool that fills or reads a folder, which is its last argument. It is run in that folder and given `.`: influxd reads a path as a format, in which
 * the percent signs of our names mean something else.
 */
export interface FolderTool {
  readonly place: Place;
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly as?: string | null;
  /** Here, and there already. */
  readonly folder: string;
  /** What stands right before the folder, such as `--to-path=`. */
  readonly option?: string;
}

const here = 'cd -- "$1" && shift && exec "$@"';
const inside = "o=$1; shift; d=$(mktemp -d) || exit 1; trap 'rm -rf \"$d\"' EXIT; trap 'exit 1' HUP INT TERM;";

/** Has a tool fill a folder here. In a container it fills one of its own, which comes here by tar and is gone afterwards. */
export const fillFolder = async (tool: FolderTool, world: EngineWorld, signal: AbortSignal): Promise<ToolEnd> => {
  const { place, argv, env = {}, as = null, folder, option = '' } = tool;
  if (place.kind !== 'container')
    return world.run(place, { argv: ['/bin/sh', '-c', here, 'sh', folder, ...argv, `${option}.`], env, as }, signal);
  const pipe = new PassThrough();
  // A container is not trusted with owners, modes or paths of this machine.
  const taking = world.run(
    { kind: 'host' },
    {
      argv: ['tar', '--extract', '--no-same-owner', '--no-same-permissions', `--directory=${folder}`, '--file=-'],
      stdin: pipe,
    },
    signal,
  );
  // Read below; until then an early end of it must not be a rejection that nobody handles, nor what fills the pipe wait for it.
  const letGo = (): void => void pipe.destroy();
  taking.then(letGo, letGo);
  const script = `${inside} cd "$d" && "$@" "$o." >&2 && tar -cf - .`;
  const onStdout = async (chunk: Uint8Array): Promise<void> => {
    if (!pipe.destroyed && !pipe.write(chunk)) await drained(pipe);
  };
  try {
    const argvInside = ['/bin/sh', '-c', script, 'sh', option, ...argv] as const;
    const end = await world.run(place, { argv: argvInside, env, as, onStdout }, signal);
    pipe.end();
    const taken = await taking;
    return end.code === 0 && taken.code !== 0 ? taken : end;
  } finally {
    pipe.end();
    // Nothing writes into the folder any more when this settles.
    await taking.catch(() => undefined);
  }
};

/** Has a tool read a folder here. In a container it reads a copy, which is gone afterwards. */
export const feedFolder = async (tool: FolderTool, world: EngineWorld, signal: AbortSignal): Promise<ToolEnd> => {
  const { place, argv, env = {}, as = null, folder, option = '' } = tool;
  if (place.kind !== 'container')
    return world.run(place, { argv: ['/bin/sh', '-c', here, 'sh', folder, ...argv, `${option}.`], env, as }, signal);
  const pipe = new PassThrough();
  const giving = world
    .run(
      { kind: 'host' },
      {
        argv: ['tar', '--create', `--directory=${folder}`, '--file=-', '.'],
        onStdout: async (chunk) => {
          if (!pipe.write(chunk)) await drained(pipe);
        },
      },
      signal,
    )
    .then(
      ({ code }) => {
        if (code === 0) pipe.end();
        else pipe.destroy(new Error('tar failed'));
      },
      (error: unknown) => void pipe.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  const script = `${inside} cd "$d" && tar -xf - && "$@" "$o."`;
  const end = await world
    .run(place, { argv: ['/bin/sh', '-c', script, 'sh', option, ...argv], env, as, stdin: pipe }, signal)
    .finally(() => pipe.destroy());
  await giving;
  return end;
};
