import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { leaseAnswerSchema } from '@berth/common/control/lease.ts';
import { ask, deliveryOf, reportOf } from '../../test/helpers/coordinator.ts';

/** How long each answer took, in milliseconds, and whose reports were answered as kept. */
export interface Heard {
  readonly latenciesMs: number[];
  readonly reports: { readonly source: string; readonly run: string }[];
  readonly failures: string[];
}

/** Nothing heard yet. */
export const nothingHeard = (): Heard => ({ latenciesMs: [], reports: [], failures: [] });

const heartbeats = 3;

/** A report of the size that agents send. */
const steps = (): ReturnType<typeof reportOf>['steps'] => {
  const at = new Date().toISOString();
  const ended = { startedAt: at, endedAt: at, outcome: 'ok', reason: null, words: [], warnings: [] } as const;
  return (['lock', 'connect', 'unlock', 'backup', 'forget', 'prune', 'check'] as const).map((name) => ({
    ...{ name, subject: null, attempt: 1, ...ended, words: ['x'.repeat(200)], warnings: [] },
    numbers: name === 'backup' ? { bytesProcessed: 5e9, bytesAdded: 2e7, bytesAddedPacked: 1e7 } : {},
  }));
};

/**
 * What one agent says in a night, over one connection: when is my slot, may I run, three heartbeats, the report, how am I. It comes
 * back until it may. It never rejects.
 */
export const checkIn = async (control: string, source: string, heard: Heard): Promise<void> => {
  using connection = keptAlive();
  const say = sayer(control, source, heard, connection.agent);
  const run = randomUUID();
  try {
    await say('GET', '/v1/assignment', [200]);
    await untilGranted(say, run);
    for (let beat = 1; beat <= heartbeats; beat += 1) {
      await say('PATCH', `/v1/runs/${run}`, [200], { step: 'backup', bytesDone: beat, bytesTotal: heartbeats });
    }
    const report = reportOf({ source, run, steps: steps() });
    await say('POST', `/v1/runs/${run}/report`, [200, 201], deliveryOf(report));
    heard.reports.push({ source, run });
    await say('GET', '/v1/usage', [200]);
  } catch (error) {
    heard.failures.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Asks for a place once, and goes away with what it is told. It never rejects. */
export const askOnce = async (control: string, source: string, heard: Heard): Promise<void> => {
  using connection = keptAlive();
  const say = sayer(control, source, heard, connection.agent);
  try {
    await say('POST', '/v1/runs', [201, 202], { run: randomUUID(), reason: 'person' });
  } catch (error) {
    heard.failures.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

type Say = (method: string, path: string, expected: readonly number[], body?: unknown) => Promise<unknown>;

const sayer =
  (control: string, source: string, heard: Heard, agent: Agent): Say =>
  async (method, path, expected, body) => {
    const started = performance.now();
    const answer = await ask(control, source, method, path, body, agent);
    heard.latenciesMs.push(performance.now() - started);
    if (!expected.includes(answer.status)) {
      throw new Error(`${method} ${path} was answered with ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };

const untilGranted = async (say: Say, run: string): Promise<void> => {
  for (;;) {
    const answer = leaseAnswerSchema.parse(await say('POST', '/v1/runs', [201, 202], { run, reason: 'person' }));
    if (answer.kind === 'granted') return;
  }
};

const keptAlive = (): Disposable & { readonly agent: Agent } => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return { agent, [Symbol.dispose]: () => agent.destroy() };
};
