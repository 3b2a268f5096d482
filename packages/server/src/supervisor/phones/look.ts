import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { becoming, type JobPlace } from '../../jobs/start.ts';

/** What a folder is for who is to use it. */
export type Seen = 'ok' | 'missing' | 'unreadable';

/** A disk that does not say by then what is there does not answer. */
const deadlineMs = 20_000;

/**
 * What these folders are for the phone, asked as the phone: root may see more, and in the container less. Never throws. A folder that can be
 * neither listed nor walked is `unreadable`; what is no folder is `missing`.
 */
export const lookAs = async (
  place: Pick<JobPlace, 'mode' | 'enter'>,
  { uid, groups }: { readonly uid: number; readonly groups: readonly number[] },
  folders: readonly string[],
): Promise<readonly Seen[]> => {
  const asking = ['--no-new-privs', 'sh', '-c', script, 'sh', ...folders];
  const [file = '', ...words] = [...becoming(place, uid, groups), ...asking];
  const asked = execa(file, words, {
    reject: false,
    timeout: deadlineMs,
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    extendEnv: false,
  });
  // A process that waits for such a disk can not even be killed.
  const answer = await Promise.race([asked, sleep(1.5 * deadlineMs, null, { ref: false })]);
  const stdout = answer?.stdout;
  const said = (stdout ?? '').split('\n');
  return folders.map((_, index) => {
    const seen = said[index];
    return seen === 'ok' || seen === 'missing' ? seen : 'unreadable';
  });
};

const script = `
for path; do
  if kind=$(stat -L -c %F -- "$path" 2>&1); then
    if [ "$kind" != directory ]; then echo missing
    elif [ -r "$path" ] && [ -x "$path" ]; then echo ok
    else echo unreadable; fi
  else
    case "$kind" in
      *'No such file'*|*'Not a directory'*) echo missing ;;
      *) echo unreadable ;;
    esac
  fi
done`;
