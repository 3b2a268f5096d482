import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as a server got it. */
export interface GotMail {
  readonly raw: string;
  readonly parsed: ParsedMail;
  readonly from: string;
  readonly to: readonly string[];
}

/** A real SMTP server on loopback, for as long as it is used. */
export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly got: readonly GotMail[];
  /** How many connections said their first word, for servers that should hear nothing. */
  readonly said: () => number;
}

/** A refusal with its code. */
export const refusal = (code: number, words: string): Error => Object.assign(new Error(words), { responseCode: code });

/** Starts one that keeps what it gets; without other options everyone may send, and nothing is encrypted. */
export const mailServer = async (options: SMTPServerOptions = {}): Promise<MailServer> => {
  const got: GotMail[] = [];
  let said = 0;
  const server = new SMTPServer({
    ...{
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 1,
    },
    onMailFrom: (_address, _session, callback) => {
      said += 1;
      callback();
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (stream.sizeExceeded) return callback(refusal(552, '5.3.4 larger than I take'));
        const raw = Buffer.concat(chunks);
        const { mailFrom, rcptTo } = session.envelope;
        void simpleParser(raw, {}).then((parsed) => {
          const from = mailFrom === false ? '' : mailFrom.address;
          got.push({ raw: raw.toString('utf8'), parsed, from, to: rcptTo.map(({ address }) => address) });
          callback();
        }, callback);
      });
    },
    ...options,
  });
  // A client that goes away in the middle is part of the tests.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    ...{ port, got, said: () => said },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
};
