import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';

const answerWithinMs = 30_000;

/**
 * Starts a process that was asked for, and answers its streams. An engine that says nothing within 30 s (`withinMs`) is given up; streams that come
 * later are closed. An abort signal of the request itself would end the streams too.
 */
export const startWithin = async (
  exec: { readonly start: (options: Docker.ExecStartOptions) => Promise<Duplex> },
  options: Docker.ExecStartOptions,
  withinMs = answerWithinMs,
): Promise<Duplex> => {
  const started = exec.start(options);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('the engine does not answer')), withinMs);
  try {
    return await Promise.race([started, late.promise]);
  } catch (error) {
    started.then(
      (streams) => streams.destroy(),
      () => undefined,
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
};
