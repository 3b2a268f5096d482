import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Report, reportLimits } from '@berth/common/report.ts';
import { mailServer } from '@berth/server/channels/smtp-testing.ts';
import { hostile } from '@berth/server/digest/testing.ts';
import { expect, test } from 'vitest';
import { freePort } from '../scripts/free-port.ts';
import { messageService } from './helpers/message-service.ts';
import { rawControl } from './helpers/raw-control.ts';
import { type ClientKey, eventually, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';

const dayMs = 86_400_000;
const line = hostile.join(' ').slice(0, reportLimits.lineLength);
const lines = Array.from({ length: reportLimits.lines }, (_, index) => hostile[index % hostile.length] ?? line);

/** The most, and the worst, that a source may say of a run that failed. */
const hostileReport = (at: string): Report => ({
  ...{ version: 1, run: crypto.randomUUID(), source: 'laptop', startedAt: at, endedAt: at, outcome: 'failed' },
  versions: { berth: line, restic: line, node: line, system: line },
  ...{ reason: 'restic', message: hostile.join(' '), remedy: hostile.join(' '), attempts: 1, dryRun: false },
  ...{ snapshot: null, dumps: [], stepsLeftOut: 0, warnings: lines },
  steps: Array.from({ length: reportLimits.steps }, () => ({
    ...{
      name: 'backup',
      subject: null,
      attempt: 1,
      startedAt: at,
      endedAt: at,
      outcome: 'failed',
      reason: 'restic',
      numbers: {},
    },
    ...{ words: lines, warnings: lines },
  })),
});

const send = async (receiver: TestReceiver, key: ClientKey, sentAt: string, report: unknown): Promise<number> => {
  const run = typeof report === 'object' && report !== null && 'run' in report ? report.run : crypto.randomUUID();
  const body = JSON.stringify({ sentAt, report });
  return (await rawControl(receiver, 'laptop', key, `POST /v1/runs/${run}/report`, body)).status;
};

/** What moves a cursor, hides a word or ends a line that nobody ended. */
const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test.runIf(isRoot)(
  'what a hostile source reports is inert in mail, chat, page, metrics, log and on the terminal (needs root)',
  async () => {
    await using mail = await mailServer();
    await using chat = await messageService();
    await using receiver = await withReceiver({ quick: true, start: false });
    const port = await freePort();
    const key = await receiver.makeKey();
    const email = `type: email, host: 127.0.0.1, port: ${mail.port}, tls: none, from: nas@example.org, to: me@example.org`;
    const hook = `type: webhook, url: 'http://127.0.0.1:${chat.port}/', allow_private: true`;
    await receiver.writeConfig(
      `page: { listen: '127.0.0.1:${port}' }\nchannels:\n  mail: { ${email} }\n  hook: { ${hook} }\n` +
        `sources:\n  laptop: { uid: 31001, key: '${key.line}' }\n`,
    );
    await receiver.start();
    const now = new Date().toISOString();
    expect(await send(receiver, key, now, { ...hostileReport(now), message: 'x'.repeat(1024 ** 2) })).toBe(400);
    expect(await send(receiver, key, now, hostileReport(now))).toBe(201);
    await receiver.stop();
    // By then its silence is urgent, so that its words are sent at once.
    await receiver.sleepAhead(3 * dayMs);
    await receiver.start();
    await eventually('it is told', 40_000, async () => mail.got.length > 0 && chat.bodies.length > 0);

    for (const { raw, to, parsed } of mail.got) {
      const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
      expect(head).not.toMatch(/^bcc:/im);
      expect(to).toEqual(['me@example.org']);
      expect(`${parsed.subject}${parsed.text}`).not.toMatch(invisible);
      expect(parsed.html).not.toMatch(/<script|<img/i);
    }
    expect(mail.got[0]?.parsed.text).toContain('<script>alert(1)</script>');
    for (const body of chat.bodies)
      expect(JSON.stringify(JSON.parse(body)).replaceAll('\\n', '')).not.toMatch(invisible);

    const get = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    for (const path of ['/', '/sources/laptop', '/settings', '/metrics']) {
      const text = await get(path);
      expect(text, path).not.toMatch(/<script>|<img|javascript:alert[^;&]*"/i);
      expect(text.match(invisible), path).toBeNull();
    }
    expect(await get('/sources/laptop')).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');

    const folder = await mkdtemp(join(tmpdir(), 'berth-hostile-'));
    try {
      const commands = [['status'], ['status', 'laptop'], ['events'], ['alerts'], ['digest', '--preview', folder]];
      for (const words of commands) {
        const { exitCode, stdout, stderr } = await receiver.cli(...words, '--data', receiver.dataDir);
        expect(exitCode, `${words}: ${stderr}`).toBeLessThan(2);
        expect(`${stdout}${stderr}`.match(invisible), words.join(' ')).toBeNull();
      }
      const html = await readFile(join(folder, 'digest.html'), 'utf8');
      expect(html).not.toMatch(/<script|<img/i);
      expect(`${html}${await readFile(join(folder, 'digest.txt'), 'utf8')}`.match(invisible)).toBeNull();
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(receiver.log.match(invisible)).toBeNull();
  },
);
