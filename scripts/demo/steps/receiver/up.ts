import type { Stage } from '../../stage.ts';
import { imageName } from '../image.ts';
import type { Plan, Way } from './container.ts';

/** `berth-server up` and `down`. A demo that was killed must not come back with the machine, so it is not restarted. */
export const byUp = async (_stage: Stage, { name, port, config, data }: Plan): Promise<Way> => {
  const places = ['--config', `${config}/sources.yaml`, '--data', data];
  const network = ['--listen', '127.0.0.1', '--port', String(port)];
  const container = ['--image', imageName, '--name', name, '--restart', 'no'];
  return {
    start: [
      ['berth-server', 'init', config],
      ['mkdir', data],
      ['berth-server', 'up', ...container, ...network, ...places, '--json'],
    ],
    end: ['berth-server', 'down', '--name', name],
  };
};
