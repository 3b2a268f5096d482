import { z } from 'zod';
import type { ContainerRef } from '../containers/containers.ts';

/** Where an engine is reached. */
export type Place =
  /** On this machine, where its own tools look first. */
  | { readonly kind: 'host' }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number | null }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'container'; readonly container: ContainerRef };

const written = z.strictObject({
  host: z.string().min(1).max(255).optional().meta({ example: 'host: db.lan' }),
  port: z.int().min(1).max(65_535).optional().meta({ example: 'port: 5432' }),
  socket: z.string().startsWith('/').max(4000).optional().meta({ example: 'socket: /run/postgresql' }),
  container: z.string().min(1).max(255).optional().meta({ example: 'container: shop-db-1' }),
  compose: z
    .string()
    .regex(/^[a-zA-Z0-9][\w.-]*\/[a-zA-Z0-9][\w.-]*$/, 'it takes PROJECT/SERVICE')
    .optional()
    .meta({ example: 'compose: shop/db' }),
});

/** `at:` of an engine that can be reached in these ways; `host` (here, by its defaults) where nothing is written. */
export const atField = (kinds: readonly Place['kind'][]) => {
  const example = kinds.includes('tcp') ? 'at: { host: 127.0.0.1 }' : 'at: { container: NAME }';
  return written
    .prefault({})
    .transform((at, context): Place => {
      const refuse = (message: string, remedy: string): never => {
        context.issues.push({ code: 'custom', message, input: at, params: { code: 'at', remedy } });
        return z.NEVER;
      };
      const ways = [at.host, at.socket, at.container, at.compose].filter((way) => way !== undefined);
      if (ways.length > 1) {
        return refuse('an engine is reached in one way', 'Write one of host, socket, container and compose.');
      }
      if (at.port !== undefined && at.host === undefined) {
        return refuse('a port needs a host', `Write both: at: { host: 127.0.0.1, port: ${at.port} }`);
      }
      const place = placeOf(at);
      if (kinds.includes(place.kind)) return place;
      return refuse(`this engine cannot be reached by ${place.kind}`, `It can by: ${kinds.join(', ')}.`);
    })
    .meta({ example });
};

const placeOf = (at: z.output<typeof written>): Place => {
  if (at.host !== undefined) return { kind: 'tcp', host: at.host, port: at.port ?? null };
  if (at.socket !== undefined) return { kind: 'socket', path: at.socket };
  if (at.container !== undefined) return { kind: 'container', container: { name: at.container } };
  const [project, service] = at.compose?.split('/') ?? [];
  if (project !== undefined && service !== undefined) return { kind: 'container', container: { project, service } };
  return { kind: 'host' };
};
