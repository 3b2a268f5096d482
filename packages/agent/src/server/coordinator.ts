import { type Assignment, assignmentSchema } from '@berth/common/control/assignment.ts';
import { type Delivery, deliveryAnswerSchema } from '@berth/common/control/delivery.ts';
import {
  type Heartbeat,
  heartbeatAnswerSchema,
  type LeaseAnswer,
  type LeaseRequest,
  leaseAnswerSchema,
} from '@berth/common/control/lease.ts';
import { type Usage, usageSchema } from '@berth/common/control/usage.ts';
import type { z } from 'zod';
import type { Answer, Away, Control } from './control.ts';
import type { Question } from './exchange.ts';

/**
 * The server's coordinator, as an agent speaks to it. Nothing rejects, and everything may be asked again: the same run asked for twice is
 * one run, the same report handed in twice is kept once. An answer that failed ends the connection, and the next question opens another.
 */
export interface Coordinator extends AsyncDisposable {
  readonly assignment: () => Promise<Answer<Assignment>>;
  readonly usage: () => Promise<Answer<Usage>>;
  readonly lease: (request: LeaseRequest) => Promise<Answer<LeaseAnswer>>;
  readonly heartbeat: (run: string, beat: Heartbeat) => Promise<Answer<z.output<typeof heartbeatAnswerSchema>>>;
  readonly deliver: (
    run: string,
    delivery: Delivery,
    deadlineMs: number,
  ) => Promise<Answer<z.output<typeof deliveryAnswerSchema>>>;
}

/** How long a question may take; and whatever is still done once we are told to stop: a container gets 10 s. */
const deadlines = { question: 20_000, stopping: 3_000 } as const;

/** An open control session and what ends it with its connection. */
export interface Line {
  readonly control: Control;
  readonly end: () => void;
}

/**
 * The coordinator behind `open`, which is called when something is first asked, and again after a failure. What is being asked when
 * `signal` aborts fails at once; what is asked after it, such as taking the report, has little time.
 */
export const createCoordinator = (open: () => Promise<Line | Away>, signal?: AbortSignal): Coordinator => {
  let line: Promise<Line | Away> | null = null;
  const hangUp = async (): Promise<void> => {
    // Let go of first: who asks meanwhile opens another, which is not this one's to end.
    const letGo = line;
    line = null;
    const ending = await letGo;
    if (ending !== null && 'control' in ending) ending.end();
  };
  const ask = async <Schema extends z.ZodType>(
    question: Question,
    schema: Schema,
  ): Promise<Answer<z.output<Schema>>> => {
    line ??= open();
    const mine = line;
    const within = signal?.aborted === true ? Math.min(question.deadlineMs, deadlines.stopping) : question.deadlineMs;
    const asking = mine.then((opened) =>
      'control' in opened ? opened.control.ask({ ...question, deadlineMs: within }, schema) : opened,
    );
    const answer = await unlessStopped(asking, signal);
    // Another question may have found it broken before, and have a new one by now.
    if ((answer.kind === 'failed' || answer.kind === 'no-coordinator') && line === mine) {
      const hungUp = hangUp();
      if (signal?.aborted !== true) await hungUp;
    }
    return answer;
  };
  const deadlineMs = deadlines.question;
  return {
    assignment: () => ask({ method: 'GET', path: '/v1/assignment', deadlineMs }, assignmentSchema),
    usage: () => ask({ method: 'GET', path: '/v1/usage', deadlineMs }, usageSchema),
    lease: (body) => ask({ method: 'POST', path: '/v1/runs', body, deadlineMs }, leaseAnswerSchema),
    heartbeat: (run, body) =>
      ask({ method: 'PATCH', path: `/v1/runs/${run}`, body, deadlineMs }, heartbeatAnswerSchema),
    deliver: (run, body, within) =>
      ask({ method: 'POST', path: `/v1/runs/${run}/report`, body, deadlineMs: within }, deliveryAnswerSchema),
    [Symbol.asyncDispose]: hangUp,
  };
};

const stopped: Away = { kind: 'failed', detail: 'stopped' };

/** What `asking` comes to, or a failure as soon as `signal` aborts; one that has aborted before stops nothing any more. */
const unlessStopped = async <Value>(
  asking: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value | typeof stopped> => {
  if (signal === undefined || signal.aborted) return asking;
  const { promise, resolve } = Promise.withResolvers<typeof stopped>();
  const stop = (): void => resolve(stopped);
  signal.addEventListener('abort', stop, { once: true });
  return Promise.race([asking, promise]).finally(() => signal.removeEventListener('abort', stop));
};
