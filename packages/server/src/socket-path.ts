import { Problem } from '@berth/common/problem.ts';

/** So many bytes has the path of a unix socket on Linux, beside the zero at its end (unix(7), sun_path). */
const longest = 107;

/** Throws `socket-path` for a path that no socket can have. The system says of it only that something is invalid. */
export const requireSocketPath = (path: string): void => {
  const bytes = Buffer.byteLength(path);
  if (bytes <= longest) return;
  throw new Problem(
    'socket-path',
    `The path of a socket may have ${longest} bytes, and ${path} has ${bytes}.`,
    'Put the data into a folder with a shorter path, or shorten the name of the source.',
  );
};
