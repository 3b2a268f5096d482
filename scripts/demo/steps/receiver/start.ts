import type { Form } from '../../form.ts';
import type { Stage } from '../../stage.ts';
import type { Told } from '../../story.ts';
import { byCompose } from './compose.ts';
import { startContainer } from './container.ts';
import { startProcess } from './process.ts';
import type { Receiver } from './receiver.ts';
import { byUp } from './up.ts';

/** Starts the receiver as an admin would, on a free port of the loopback. */
export const startReceiver = async (stage: Stage, form: Form): Promise<Told<Receiver>> => {
  switch (form) {
    case 'process':
      return startProcess(stage);
    case 'up':
      return startContainer(stage, byUp);
    case 'compose':
      return startContainer(stage, byCompose);
  }
};
