import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { descendants, endProcesses, isAlive, snapshot } from './processes.ts';

test('a snapshot shows a process with its parent, its UID and its arguments', () => {
  const self = snapshot().find(({ pid }) => pid === process.pid);
  expect(self).toMatchObject({ parent: process.ppid, uid: process.geteuid?.() });
  expect(self?.argv[0]).not.toBe('');
});

test('a tree ends within the grace, what ignores SIGTERM included, and nothing else does', async () => {
  const bystander = spawn('sleep', ['60']);
  const child = spawn('sh', ['-c', 'trap "" TERM; sleep 60 & sleep 60']);
  await sleep(200);
  const all = snapshot();
  const tree = [...all.filter(({ pid }) => pid === child.pid), ...descendants(all, [child.pid ?? 0])];
  expect(tree).toHaveLength(3);
  const exited = once(child, 'exit');
  expect(await endProcesses(tree, 300)).toBe(0);
  await exited;
  expect(bystander.exitCode).toBeNull();
  bystander.kill();
});

test('a pid that another process has taken meanwhile is left alone', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const [entry] = snapshot().filter(({ pid }) => pid === child.pid);
  if (entry === undefined) throw new Error('the child is in /proc');
  const older = { ...entry, startTime: entry.startTime - 1 };
  expect(isAlive(older)).toBe(false);
  await endProcesses([older], 100);
  expect(isAlive(entry)).toBe(true);
  child.kill();
});
