import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';

/**
 * Joins its standard input and output with a unix socket: `dial SOCKET …`. restic starts it as the program of its rclone backend and adds
 * the remote's name, which changes nothing: what a socket leads to was decided by who made it. Each direction ends by itself, so that the
 * last answer arrives after the last question. Nobody there: one line on standard error, which restic passes on, and exit code 69 (EX_UNAVAILABLE).
 */
const dial = async (path: string): Promise<number> => {
  // https://nodejs.org/docs/latest-v24.x/api/net.html#new-netsocketoptions: what the other end has finished does not end what we say.
  const socket = connect({ path, allowHalfOpen: true });
  const code = await new Promise<number>((resolve) => {
    let isOpen = false;
    socket.once('connect', () => {
      isOpen = true;
      const asking = pipeline(process.stdin, socket);
      const answering = pipeline(socket, process.stdout);
      // Once nobody answers any more there is nobody to ask; whoever asked may still hold its end open.
      answering.then(
        () => resolve(0),
        () => resolve(1),
      );
      asking.catch(() => resolve(1));
    });
    socket.once('error', (error) => {
      if (isOpen) return;
      process.stderr.write(`berth: the store's door does not open: ${error.message}\n`);
      resolve(69);
    });
  });
  return code;
};

process.exitCode = await dial(process.argv[2] ?? '');
// Standard input may still be open at the other end.
process.exit();
