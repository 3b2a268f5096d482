import { type Answer, RestClient } from '../../../../test/helpers/rest-client.ts';
import { paint, printable, say, typed } from '../../screen.ts';
import { withKey } from './attacker.ts';

/** Whether a request is shown, and with which remark. */
export type Shown = false | true | string;

/** The receiver's REST API without restic's good manners, behind the attacker's key. Disposing it ends its ssh. */
export interface Client extends AsyncDisposable {
  readonly send: (method: string, path: string, shown: Shown, body?: Buffer) => Promise<Answer>;
}

/** Connects as restic does, and then asks whatever the attacker likes. */
export const restClient = (): Client => {
  const command = withKey(['ssh', 'nas', 'receive']);
  typed(command);
  const client = new RestClient(command);
  const send = async (method: string, path: string, shown: Shown, body: Buffer | null = null): Promise<Answer> => {
    const answer = await client.request(method, path, body);
    if (shown !== false) show(`${method} ${path}${shown === true ? '' : `  (${shown})`}`, answer);
    return answer;
  };
  return { send, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
};

const show = (question: string, { status, headers, body }: Answer): void => {
  const isBinary = headers['content-type'] === 'application/octet-stream';
  const words = isBinary ? `${body.length} bytes` : printable(body.toString('utf8', 0, 300)).trim();
  say(`  ${paint('cyan', '>')} ${short(question)}`);
  say(`    ${paint('dim', short(`${status} ${words}`.trim()))}`);
};

/** The names of objects, cut to what a person can compare. */
const short = (text: string): string => text.replace(/([0-9a-f]{12})[0-9a-f]{52}/g, '$1…');
