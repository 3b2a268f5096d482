import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { refusalSchema } from '@berth/common/control/wire.ts';
import type { Client } from 'ssh2';
import type { z } from 'zod';
import { openChannel } from './channel.ts';
import { createExchange, type Question } from './exchange.ts';

/** The server did not answer the question. A server without a coordinator is an ordinary answer: backups work without one. */
export type Away = { readonly kind: 'no-coordinator' } | { readonly kind: 'failed'; readonly detail: string };

/** What the coordinator answered: what was asked for, or why not in its own words. */
export type Answer<Value> =
  | { readonly kind: 'ok'; readonly status: number; readonly value: Value }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
    }
  | Away;

/** A control session that stays open. After an answer that is `Away` it is of no use any more. */
export interface Control {
  /** Never rejects. What the server sent is not believed before `schema` has read it. */
  readonly ask: <Schema extends z.ZodType>(question: Question, schema: Schema) => Promise<Answer<z.output<Schema>>>;
  readonly close: () => void;
}

/** The exit code of the session's `control` where no coordinator runs (EX_UNAVAILABLE of sysexits.h). */
const noCoordinator = 69;

/** Opens a `control` session on an open connection, which stays the caller's; fails after `deadlineMs`. */
export const openControl = async (client: Client, deadlineMs: number): Promise<Control | Away> => {
  const opened = await openChannel(client, deadlineMs);
  if (opened instanceof Error) return { kind: 'failed', detail: opened.message };
  const { stream, exit, words } = opened;
  /** The channel ended under the question: how the session ended says why. */
  const explain = async (error: unknown): Promise<Away> => {
    stream.close();
    const code = await Promise.race([exit, delay(1_000, null, { ref: false })]);
    if (code === noCoordinator) return { kind: 'no-coordinator' };
    const said = words().trim();
    return { kind: 'failed', detail: said === '' ? String(error instanceof Error ? error.message : error) : said };
  };
  return controlOver(stream, explain);
};

/** A control session over a stream that is open, whatever it goes through. `explain` says what a stream that ended under a question means. */
export const controlOver = (
  stream: Duplex,
  explain: (error: unknown) => Promise<Away> = async (error) => ({
    kind: 'failed',
    detail: error instanceof Error ? error.message : String(error),
  }),
): Control => {
  const exchange = createExchange(stream);
  return {
    ask: async (question, schema) => {
      const raw = await exchange(question).catch(explain);
      return 'kind' in raw ? raw : read(raw, schema);
    },
    close: () => stream.end(),
  };
};

const read = <Schema extends z.ZodType>(
  { status, body }: { readonly status: number; readonly body: unknown },
  schema: Schema,
): Answer<z.output<Schema>> => {
  if (status >= 200 && status < 300) {
    const parsed = schema.safeParse(body);
    if (parsed.success) return { kind: 'ok', status, value: parsed.data };
    return { kind: 'failed', detail: `the server's answer (${status}) is not what berth can read` };
  }
  const refusal = refusalSchema.safeParse(body);
  if (refusal.success) return { kind: 'refused', status, ...refusal.data.error };
  return { kind: 'refused', status, code: `http-${status}`, message: `The server answers ${status}.`, remedy: '' };
};

/** One GET on an open connection, over a session of its own. It may take `deadlineMs` to open that, and as long again to answer. */
export const askCoordinator = async <Schema extends z.ZodType>(
  client: Client,
  path: string,
  schema: Schema,
  deadlineMs: number,
): Promise<Answer<z.output<Schema>>> => {
  const control = await openControl(client, deadlineMs);
  if ('kind' in control) return control;
  const answer = await control.ask({ method: 'GET', path, deadlineMs }, schema);
  control.close();
  return answer;
};
