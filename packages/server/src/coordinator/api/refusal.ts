import type { Refusal } from '@berth/common/control/wire.ts';

/** Why a request was not done: an HTTP status, a stable code for programs, what happened, and what to do next. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly code: string;
  readonly remedy: string;

  constructor(status: number, code: string, happened: string, remedy: string) {
    super(happened);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

/** As it goes over the wire. */
export const refusalBody = ({ code, message, remedy }: Pick<Refused, 'code' | 'message' | 'remedy'>): Refusal => ({
  error: { code, message, remedy },
});
