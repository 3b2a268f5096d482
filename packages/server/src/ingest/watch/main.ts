// The watcher: what link.ts says. It ends with its input.
process.stdin.resume();
