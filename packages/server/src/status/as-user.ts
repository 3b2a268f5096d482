/**
 * What `look` returns, looked at with that UID: for a root that may become others, but not read what is theirs. Anyone else
 * looks as who they are. `look` must be done when it returns, because meanwhile the whole process is that user, so this is
 * for a command that does nothing else. Throws `EPERM` where root may not become others.
 */
export const asUser = <Result>(uid: number, look: () => Result): Result => {
  const { geteuid, seteuid } = process;
  if (geteuid === undefined || seteuid === undefined || geteuid() !== 0) return look();
  seteuid(uid);
  try {
    return look();
  } finally {
    seteuid(0);
  }
};
