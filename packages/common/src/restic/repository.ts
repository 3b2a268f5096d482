import { parseJson } from '../parse-json.ts';
import { type BoundRestic, type Call, document, invoke } from './invoke.ts';
import { configSchema, initializedSchema, keysSchema } from './messages.ts';
import type { ResticResult } from './result.ts';

/** Makes an empty repository of version 2. An existing one is never touched: `repository-exists`. */
export const init = async (restic: BoundRestic, call: Call): Promise<ResticResult<{ readonly id: string | null }>> => {
  let id: string | null = null;
  const ended = await invoke(restic, {
    args: ['init', '--repository-version', '2'],
    call,
    onLine: (line) => {
      const message = line.startsWith('{') ? initializedSchema.safeParse(parseJson(line)) : null;
      // 0.14 prints a sentence.
      id =
        message?.success === true ? message.data.id : (/^created restic repository ([0-9a-f]+)/.exec(line)?.[1] ?? id);
    },
  });
  if (ended.kind !== 'ended') return ended;
  return ended.exitCode === 0 ? { ...ended.said, kind: 'ok', value: { id } } : ended.failed;
};

/** The repository's config: `ok` proves that it exists and that the password opens it; `no-repository` that it is not there. */
export const config = async (restic: BoundRestic, call: Call) =>
  document(restic, configSchema, ['cat', 'config'], call);

/** The keys that open the repository. */
export const keys = async (restic: BoundRestic, call: Call) => document(restic, keysSchema, ['key', 'list'], call);
