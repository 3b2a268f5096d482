import { z } from 'zod';
import type { Ping } from './people.ts';
import { allowPrivate, urlFields, urlFrom } from './url-fields.ts';

const pingOf = <Type extends Ping['type']>(type: Type) =>
  z.strictObject({ type: z.literal(type), ...urlFields(type), allow_private: allowPrivate }).transform(
    (written, context): Ping => ({
      type,
      from: urlFrom(type, written, context),
      allowPrivate: written.allow_private ?? false,
    }),
  );

/** A dead man's switch, under `server` or under a source. */
export const ping = z
  .discriminatedUnion('type', [pingOf('healthchecks'), pingOf('uptime-kuma')])
  .meta({ example: 'ping: { type: healthchecks, url: https://hc-ping.com/UUID }' });
