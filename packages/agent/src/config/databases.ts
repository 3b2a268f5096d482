import { z } from 'zod';
import { databaseEntry } from '../databases/entries.ts';

/** `databases:` of agent.yaml. */
export const databases = z
  .array(databaseEntry)
  // A report has room for 60 steps, of which each entry is one.
  .max(40)
  .default([])
  .superRefine((entries, context) => {
    for (const [index, { name }] of entries.entries()) {
      const first = entries.findIndex((other) => other.name === name);
      if (first === index) continue;
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `entry ${first + 1} is called ${name} already`,
        params: { code: 'duplicate-name', remedy: `Give this one a name of its own, for example name: ${name}-2.` },
      });
    }
  })
  .meta({ example: 'databases: [{ engine: postgres, as: postgres }]' });
