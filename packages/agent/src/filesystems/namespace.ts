import type { Place } from './source.ts';

/**
 * Program and arguments in front of restic: a mount namespace of its own, in which each place stands at its target. It needs root. A user namespace
 * would need none, and is never used: owners it does not know read as nobody's, and would be stored so. `keep` is an empty folder below none of the
 * targets; what is mounted there is seen by nobody else, and goes with the last process in it.
 */
export const namespacePrefix = (places: readonly Place[], keep: string): readonly string[] => {
  const gather = places.flatMap(({ from }) =>
    from.kind === 'bind' ? ['bind', from.path, '', ''] : ['mount', from.device, from.type, from.options],
  );
  const put = places
    .map(({ from, target }, index) => ({ target, at: `${index}${from.kind === 'mount' ? from.below : ''}` }))
    // What is above comes first: it hides what is below it.
    .toSorted((a, b) => a.target.length - b.target.length);
  return [
    ...['unshare', '--mount', '--propagation', 'private', '--', '/bin/sh', '-c', script, 'berth', keep],
    ...[...gather, '--', ...put.flatMap(({ at, target }) => [at, target]), '--'],
  ];
};

/** All is brought to the keep first, because the first that stands at its target may hide where the others are. */
const script = `set -e
keep=$1; shift
mount -t tmpfs -o mode=0700,size=1m berth "$keep"
index=0
while [ "$1" != -- ]; do
  if [ "$1" = mount ] || [ -d "$2" ]; then mkdir "$keep/$index"; else : > "$keep/$index"; fi
  if [ "$1" = mount ]; then mount -t "$3" -o "$4" "$2" "$keep/$index"; else mount --bind "$2" "$keep/$index"; fi
  index=$((index + 1)); shift 4
done
shift
while [ "$1" != -- ]; do mount --bind "$keep/$1" "$2"; shift 2; done
shift
exec "$@"`;
