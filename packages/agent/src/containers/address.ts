import { Problem } from '@berth/common/problem.ts';

/** An engine's address, as dockerode takes it, and as people write it. */
export type EngineAddress =
  | { readonly where: string; readonly socketPath: string }
  | { readonly where: string; readonly host: string; readonly port: number; readonly protocol: 'http' | 'https' };

/**
 * Reads `unix:///var/run/docker.sock`, a bare absolute path, `tcp://127.0.0.1:2375`, `http://…` or `https://…`. Throws 'engine-refused' for anything
 * else: engines by ssh are not reached, because what they mount is on another machine.
 */
export const parseEngineAddress = (written: string): EngineAddress => {
  if (written.startsWith('/')) return { where: `unix://${written}`, socketPath: written };
  if (/^unix:\/\/\/./.test(written)) return { where: written, socketPath: written.slice('unix://'.length) };
  const url = URL.canParse(written) ? new URL(written) : null;
  if (url === null || !/^(?:tcp|https?):$/.test(url.protocol) || url.hostname === '' || url.username !== '') {
    throw new Problem(
      'engine-refused',
      `"${written.replace(/\/\/[^@/]*@/, '//…@')}" is no address of a container engine that berth can talk to.`,
      'Write unix:///var/run/docker.sock, unix:///run/podman/podman.sock, or tcp://127.0.0.1:2375 for a proxy.',
    );
  }
  const isSecure = url.protocol === 'https:';
  return {
    where: written,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isSecure ? 443 : url.protocol === 'http:' ? 80 : 2375) : Number(url.port),
    protocol: isSecure ? 'https' : 'http',
  };
};

/**
 * Where an engine may be, in the order in which they are asked: the one that agent.yaml names; else DOCKER_HOST's, which is the only one then
 * too; else Docker's socket, Podman's (https://docs.podman.io/en/latest/markdown/podman-system-service.1.html), and the two of a user's own.
 */
export const engineAddresses = (
  setting: string | null,
  env: Readonly<Record<string, string | undefined>>,
): readonly EngineAddress[] => {
  const named = setting ?? env['DOCKER_HOST'];
  if (named) return [parseEngineAddress(named)];
  const runtime = env['XDG_RUNTIME_DIR'];
  return [
    '/var/run/docker.sock',
    '/run/podman/podman.sock',
    ...(runtime?.startsWith('/') ? [`${runtime}/docker.sock`, `${runtime}/podman/podman.sock`] : []),
  ].map(parseEngineAddress);
};
