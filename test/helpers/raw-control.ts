import { execa } from 'execa';
import type { ClientKey, TestReceiver } from './receiver.ts';

/** What came back: the status of the answer and its body; status 0 where no HTTP came back. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * One request by hand over a source's `control` session, so that anything can be sent: `head` is the request line, and
 * `body` goes as it is, with its true length unless `declared` says another.
 */
export const rawControl = async (
  receiver: TestReceiver,
  source: string,
  key: ClientKey,
  head: string,
  body: string,
  declared = Buffer.byteLength(body),
): Promise<RawAnswer> => {
  const options = [...(await receiver.sshOptions(key)), '-p', String(receiver.port)];
  const headers = ['host: berth', 'content-type: application/json', `content-length: ${declared}`, 'connection: close'];
  const { stdout } = await execa('ssh', [...options, `${receiver.login(source)}@127.0.0.1`, 'control'], {
    reject: false,
    input: `${head} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`,
    timeout: 30_000,
  });
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(stdout)?.[1] ?? 0);
  return { status, body: stdout.slice(stdout.indexOf('\r\n\r\n') + 4) };
};
