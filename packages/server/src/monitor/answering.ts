import { guardedRequest } from '../channels/http.ts';
import { channelOf } from '../channels/registry.ts';
import { renderDigest } from '../digest/render.ts';
import { digestFacts } from './digester.ts';
import { Gatherer } from './gather.ts';
import type { ToMonitor } from './link.ts';
import type { MonitorOptions } from './monitor.ts';
import { answer } from './once.ts';
import { monitorDatabase } from './paths.ts';
import { previewMonitorState } from './state/open.ts';

/** Hears what there is to know, answers the question that comes after it, and keeps nothing: another monitor may be running. */
export const answerOnce = async (
  { folder, coordinator, clock, log, tell }: MonitorOptions,
  messages: AsyncIterable<ToMonitor>,
): Promise<void> => {
  const state = previewMonitorState(monitorDatabase(folder));
  const gatherer = new Gatherer({ state, coordinator, copies: null, clock, log });
  for await (const message of messages) {
    if (message.type !== 'ask') {
      gatherer.hear(message);
      continue;
    }
    gatherer.tick();
    const { wallMs } = clock;
    const tools = { request: guardedRequest(), nowMs: wallMs };
    const answered = await answer(message.ask, {
      facts: digestFacts(gatherer, state.digestedMs(), wallMs()),
      settings: gatherer.settings(),
      deliveries: state.deliveries(),
      render: renderDigest,
      channelOf: (settings) => channelOf(settings, tools),
      nowMs: wallMs,
    });
    tell({ type: 'answer', answer: answered });
    break;
  }
  gatherer.close();
  state.close();
};
