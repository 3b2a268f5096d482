import { describe, expect, it } from 'vitest';
import { definitionsVerifier } from './verifier.ts';

const whole = {
  rabbit_version: '3.10.8',
  users: [{ name: 'admin', password_hash: 'abc' }],
  vhosts: [{ name: '/' }],
  ...{ permissions: [], queues: [], exchanges: [], bindings: [], policies: [] },
};

const judge = async (text: string): Promise<string> => {
  await using verifier = definitionsVerifier();
  await verifier.see(new TextEncoder().encode(text));
  return await verifier.conclude();
};

describe('definitions of RabbitMQ', () => {
  it('are whole as JSON with users and virtual hosts, and broken wherever they are cut', async () => {
    const text = JSON.stringify(whole);
    expect(await judge(text)).toBe('stream');
    const broken = { code: 'dump-unverified' };
    for (let length = 0; length < text.length; length += 7) {
      await expect(judge(text.slice(0, length))).rejects.toMatchObject(broken);
    }
    await expect(judge(JSON.stringify({ ...whole, users: [] }))).rejects.toMatchObject(broken);
    await expect(judge('{"error":"not_authorized"}')).rejects.toMatchObject(broken);
  });
});
