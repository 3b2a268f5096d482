import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { forHowLong } from '../status/age.ts';
import type { Answer } from '../supervisor/monitor/ask.ts';

/** What is on its way to the channels. */
export type Waiting = Extract<Answer, { readonly kind: 'waiting' }>;

/** What is on its way, for a person; nothing where nothing is. A Problem says why it can not be seen. */
export const waitingLines = (waiting: Waiting | Problem, nowMs: number): readonly string[] => {
  if (waiting instanceof Problem)
    return [
      '',
      `What is still to be delivered can not be shown. ${printable(waiting.message, 600)}`,
      `  ${waiting.remedy}`,
    ];
  const { messages, more } = waiting;
  if (messages.length === 0) return [];
  return [
    '',
    'Still to be delivered:',
    ...messages.flatMap(({ channel, title, createdMs, attempts, nextMs, error }) => [
      `  to ${channel}, for ${forHowLong(nowMs - createdMs)}: ${printable(title, 200)}`,
      `    ${triedWords(attempts, error)}${nextMs <= nowMs ? 'It is due now.' : `Next try in ${forHowLong(nextMs - nowMs)}.`}`,
    ]),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
};

const triedWords = (attempts: number, error: string | null): string => {
  if (attempts === 0) return '';
  const tried = attempts === 1 ? 'Tried once' : `Tried ${attempts} times`;
  return error === null ? `${tried}. ` : `${tried}: ${printable(error, 300).replace(/\.$/, '')}. `;
};
