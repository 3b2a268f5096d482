import { z } from 'zod';
import { span, written } from './written.ts';

/** `skip:` of agent.yaml: when a run that is due waits for better times, and for how long at most. */
export const skip = z
  .strictObject({
    on_battery: z.boolean().default(false).meta({ example: 'on_battery: true' }),
    on_metered: z.boolean().default(false).meta({ example: 'on_metered: true' }),
    at_most: written(span, 'at_most: 3d').prefault('3d'),
  })
  .prefault({})
  .meta({ example: 'skip: { on_battery: true, at_most: 3d }' });

/** `skip:`, every default filled in. `at_most` is in milliseconds. */
export type Skip = z.output<typeof skip>;
