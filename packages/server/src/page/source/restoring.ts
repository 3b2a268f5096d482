import type { Overview, OverviewSource } from '../../monitor/overview.ts';
import { html, type Markup } from '../parts/markup.ts';

/**
 * The lines that bring files back: on the machine, on another one with plain restic, and on the server; of a phone, which has no berth, on
 * the server alone. Commands of berth's own CLI.
 */
export const restoring = (source: OverviewSource, { server, atMs }: Overview): Markup => {
  const { name, access, immutable } = source;
  const day = new Date(atMs - 7 * 86_400_000).toISOString().slice(0, 10);
  const body =
    source.ingest !== null
      ? phoneBody(source, day)
      : access === 'sftp'
        ? html`<p>Its files are plain files: fetch them with any SFTP client.</p>${code(`sftp -P ${server.port} ${name}@SERVER`)}${
            immutable ? html`<p class="sub">What it overwrote or deleted lies in its trash on the server.</p>` : null
          }`
        : html`<h3>On ${name}</h3>${code(
            'berth snapshots',
            'berth restore --target /tmp/restored',
            'berth restore --include /home/me/thesis --target /tmp/restored',
          )}<p class="sub">As everything was on a day, whatever was deleted since:</p>${code(
            `berth restore --as-of ${day} --target /tmp/before`,
          )}
<details id="plain-restic"><summary>With plain restic, on any machine that has its key and password</summary><p class="sub">SERVER is where machines reach this server; BERTH is its home there, such as ~/.config/berth or /etc/berth.</p>${code(
            `restic -r rclone:receive -o rclone.args= \\`,
            `  -o rclone.program='ssh -p ${server.port} -i BERTH/id_ed25519 -o UserKnownHostsFile=BERTH/known_hosts ${name}@SERVER' \\`,
            `  --password-file BERTH/password restore latest --tag berth --target /tmp/restored`,
          )}<p class="sub">The server's host key: <code>${server.hostKeyFingerprint}</code></p></details>
<h3>On the server</h3><p class="sub">To look at its past, and to make it what it was (this only shows what would change):</p>${code(
            `berth-server history ${name}`,
            `berth-server rewind ${name} --to ${day} --dry-run`,
          )}`;
  return html`<section class="card" id="restore" aria-labelledby="h-restore"><h2 id="h-restore">Bring files back</h2>${body}</section>`;
};

const phoneBody = ({ name, ingest }: OverviewSource, day: string): Markup =>
  html`${
    ingest?.mirror == null
      ? null
      : html`<p>Photos that the phone deleted are still in its mirror, and older versions of those that were edited below <code>.versions</code> there: <code>${ingest.mirror.folder}</code></p>`
  }<h3>On the server</h3><p class="sub">Its backups, and what is in the newest one:</p>${code(
    `berth-server phone snapshots ${name}`,
    `berth-server phone ls ${name}`,
  )}<p class="sub">All of it, or one folder, into a folder of the server:</p>${code(
    `berth-server phone restore ${name} --to /tmp/restored`,
    `berth-server phone restore ${name} DCIM --to /tmp/restored`,
  )}<p class="sub">As everything was on a day, whatever was deleted since:</p>${code(
    `berth-server phone restore ${name} --as-of ${day} --to /tmp/before`,
  )}<p class="sub">To look at its past, and to make it what it was (this only shows what would change):</p>${code(
    `berth-server history ${name}`,
    `berth-server rewind ${name} --to ${day} --dry-run`,
  )}`;

const code = (...lines: readonly string[]): Markup =>
  html`<pre class="paste" tabindex="0"><code>${lines.map(
    (line) => html`${line}
`,
  )}</code></pre>`;
