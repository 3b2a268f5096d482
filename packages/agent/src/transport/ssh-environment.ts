/**
 * The environment ssh gets: ours, without the way to the person's agent and with messages in English, because `failure.ts` reads them
 * (ssh's own are never translated, but those of the C library are).
 */
export const sshEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const { SSH_AUTH_SOCK: _agent, SSH_ASKPASS: _ask, DISPLAY: _display, ...rest } = env;
  return { ...rest, LC_ALL: 'C' };
};
