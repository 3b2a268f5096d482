import { z } from 'zod';
import type { ContainerRef } from '../containers/containers.ts';

/** What runs a server, for a restore that must not happen under it. */
export type Stop =
  | { readonly kind: 'unit'; readonly unit: string; readonly user: boolean }
  | { readonly kind: 'container'; readonly container: ContainerRef };

/** `stop:`, the unit or the container that a restore into the live server stops, and starts again. */
export const stopField = (example = 'stop: { unit: redis-server.service }') =>
  z
    .strictObject({
      unit: z
        .string()
        .regex(/^[A-Za-z0-9:_.@\\-]{1,240}\.service$/, 'a unit is named with its ending, .service')
        .optional()
        .meta({ example }),
      /** A unit of the user that berth runs as. */
      user: z.boolean().default(false).meta({ example: 'user: true' }),
      container: z.string().min(1).max(255).optional().meta({ example: 'container: shop-cache-1' }),
      compose: z
        .string()
        .regex(/^[a-zA-Z0-9][\w.-]*\/[a-zA-Z0-9][\w.-]*$/, 'it takes PROJECT/SERVICE')
        .optional()
        .meta({ example: 'compose: shop/cache' }),
    })
    .transform((written, context): Stop => {
      const ways = [written.unit, written.container, written.compose].filter((way) => way !== undefined);
      if (ways.length === 1) {
        if (written.unit !== undefined) return { kind: 'unit', unit: written.unit, user: written.user };
        if (written.container !== undefined) return { kind: 'container', container: { name: written.container } };
        const [project, service] = written.compose?.split('/') ?? [];
        if (project !== undefined && service !== undefined) {
          return { kind: 'container', container: { project, service } };
        }
      }
      const remedy = `Write one of unit, container and compose: ${example}`;
      const message = 'a server is stopped in one way';
      context.issues.push({ code: 'custom', message, input: written, params: { code: 'stop', remedy } });
      return z.NEVER;
    })
    .nullable()
    .default(null)
    .meta({ example });
