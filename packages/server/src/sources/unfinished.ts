import type { ServerConfig, Source } from './source.ts';

/** A file that stops behind `sources:`, on a server that has sources. */
export interface UnfinishedFinding {
  readonly code: 'nobody-left';
  readonly message: string;
  readonly remedy: string;
}

/**
 * Why a file that names nobody is not put in force: it is what an editor or a copy caught half-way leaves, and would
 * end everyone's connections. On a server without sources it is how `init` leaves the file, and fine.
 */
export const unfinishedFindings = (
  file: string,
  inForce: readonly Source[],
  next: ServerConfig,
): readonly UnfinishedFinding[] => {
  if (!next.unfinished || inForce.length === 0) return [];
  return [
    {
      code: 'nobody-left',
      message: `${file}: nothing stands behind "sources:", and ${inForce.length === 1 ? '1 source is' : `${inForce.length} sources are`} in force.`,
      remedy: 'Write them again; or write "sources: {}" to remove them all.',
    },
  ];
};
