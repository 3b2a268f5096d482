import { ChannelError } from './channel.ts';

/** Somebody answered whose certificate is none to trust. */
export class CertificateError extends ChannelError {}

/** Says who did not answer and why, and nothing of the path: of some services the URL is the secret. */
export const explained = (error: unknown, url: URL, deadlineMs: number | null, stopped: boolean): ChannelError => {
  if (error instanceof ChannelError) return error;
  const remedy = `See that this server reaches ${url.host}: its network, its firewall, the name in the URL.`;
  const failed = (why: string, more = remedy) =>
    new ChannelError(`${url.host} ${why}`, { isFinal: false, remedy: more });
  if (stopped) return failed('was not waited for: it was told to stop.', 'Nothing: it is tried again.');
  if (deadlineMs !== null) return failed(`did not answer within ${Math.ceil(deadlineMs / 1000)} seconds.`);
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return failed(`has no address (${code}).`);
  if (/CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code)) {
    const words =
      'See that its certificate is valid for that name, and that this machine trusts its issuer (update-ca-certificates).';
    const happened = `${url.host} showed no certificate that can be trusted (${code}).`;
    return new CertificateError(happened, { isFinal: false, remedy: words });
  }
  if (code === 'ERR_INVALID_CHAR') {
    return new ChannelError(`Nothing was sent to ${url.host}: the token holds what no header can carry.`, {
      isFinal: true,
      remedy: 'See that its file holds the token on one line, and nothing but plain letters, digits and signs.',
    });
  }
  return failed(`could not be reached (${code}).`);
};

/** An error's code, or its kind: never its words, which may quote what was sent. */
const codeOf = (error: unknown): string => {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
};
