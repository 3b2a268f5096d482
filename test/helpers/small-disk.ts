import { execa } from 'execa';
import { withReceiver } from './receiver.ts';

/** A receiver, not started yet, whose data is on a file system of `size` (as mount says it: `12m`). Needs root. */
export const withSmallDisk = async (size: string) => {
  const receiver = await withReceiver({ start: false });
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'berth-test', receiver.dataDir]);
  const unmount = () => execa('umount', ['-l', receiver.dataDir]);
  return {
    receiver,
    [Symbol.asyncDispose]: async () => {
      await receiver.stop();
      await unmount();
      await receiver[Symbol.asyncDispose]();
    },
  };
};
