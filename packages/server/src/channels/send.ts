import { accept, type Service } from './answer.ts';
import type { WebRequest } from './http.ts';
import type { ChannelTools } from './registry.ts';

/** Sends JSON to a service by guarded HTTP and takes its answer; rejects with a ChannelError unless it took the message. */
export const sendJson = async (
  { request, nowMs }: ChannelTools,
  to: Pick<WebRequest, 'method' | 'url' | 'headers' | 'allowPrivate' | 'signal'> & { readonly content: unknown },
  service: Service,
): Promise<void> => {
  const { content, headers = {}, ...rest } = to;
  const body = typeof content === 'string' ? content : JSON.stringify(content);
  const answer = await request({ ...rest, headers: { 'Content-Type': 'application/json', ...headers }, body });
  accept(answer, service, nowMs());
};

/** The host and port of a URL, which may be said. */
export const hostOf = (url: string): string => URL.parse(url)?.host ?? 'a URL that is none';

/** A URL with a path of ours under the one that the admin wrote, whether that ends with a slash or not. */
export const under = (url: string, path: string): string => {
  const parsed = new URL(url);
  parsed.pathname = `${parsed.pathname.replace(/\/+$/, '')}/${path}`;
  return parsed.href;
};
