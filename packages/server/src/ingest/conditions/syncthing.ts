import { formatDuration } from '@berth/common/duration.ts';
import type { SyncthingPlace } from '../../sources/source.ts';
import type { SyncthingState } from '../facts.ts';
import { type Phone, said, type Trouble, type Verdict, warning } from './verdict.ts';

type Up = Extract<SyncthingState, { readonly kind: 'up' }>;

/** Where there is a Syncthing to ask, and it has said something or failed to: otherwise nobody is asked, or nobody has answered yet. */
const asked =
  (verdict: (place: SyncthingPlace, state: SyncthingState, phone: Phone) => Verdict) =>
  (phone: Phone): Verdict => {
    const place = phone.ingest.syncthing;
    if (place === null) return 'not-so';
    return phone.facts.syncthing === null ? 'unknown' : verdict(place, phone.facts.syncthing, phone);
  };

const goesOn = 'Backup and mirror go on with what has arrived.';

export const syncthingDown = asked((place, state) =>
  state.kind === 'down'
    ? warning(
        `Syncthing at ${place.url} does not answer: ${said(state.detail)}. ${goesOn}`,
        `See that it runs, and that \`url\` in sources.yaml is where it listens.${loopbackWords(place)}`,
      )
    : 'not-so',
);

/** In a container that is the container itself. */
const loopbackWords = ({ url }: SyncthingPlace): string =>
  /^https?:\/\/(?:127\.|localhost\b|\[::1\])/iu.test(url)
    ? " In a container, 127.0.0.1 is the container itself: let Syncthing's GUI listen on the server's own address, and write that."
    : '';

export const syncthingRefused = asked((place, state) => {
  // Whether it would take the key now is not known.
  if (state.kind === 'down' || state.kind === 'nonsense') return 'unknown';
  return state.kind === 'refused' ? refusals[state.why](place, said(state.detail)) : 'not-so';
});

const refusals: Readonly<
  Record<Extract<SyncthingState, { kind: 'refused' }>['why'], (place: SyncthingPlace, detail: string) => Trouble>
> = {
  key: ({ url, apiKeyFile }) =>
    warning(
      `Syncthing at ${url} does not take the API key in ${apiKeyFile}. ${goesOn}`,
      `Copy the key from Syncthing's page (Actions, Settings, General, API Key) or from its config.xml (gui, apikey) into ${apiKeyFile}, alone on one line.`,
    ),
  'host-check': ({ url }) =>
    warning(
      `Syncthing at ${url} refuses because of the name that it was called by ("Host check error"). ${goesOn}`,
      "Write its address in numbers as `url` in sources.yaml, such as http://192.168.1.10:8384, and let Syncthing's GUI listen there (Actions, Settings, GUI, GUI Listen Address).",
    ),
  certificate: ({ url, certificateFile }, detail) =>
    warning(
      `The certificate of Syncthing at ${url} is not one to trust: ${detail}. ${goesOn}`,
      certificateFile === null
        ? "Copy https-cert.pem of Syncthing's configuration folder beside sources.yaml, and name it there under `syncthing`: certificate_file: https-cert.pem"
        : `Copy https-cert.pem of Syncthing's configuration folder to ${certificateFile}; Syncthing makes a new one when the old one nears its end.`,
    ),
};

/** What Syncthing says of the folder, where it does. */
const answered = (verdict: (place: SyncthingPlace, up: Up, phone: Phone) => Verdict) =>
  asked((place, state, phone) => (state.kind === 'up' ? verdict(place, state, phone) : 'unknown'));

export const syncthingPaused = answered(({ url, folderId }, { paused }) => {
  if (paused === 'no') return 'not-so';
  return paused === 'folder'
    ? warning(
        `The folder ${folderId} is paused in Syncthing: nothing of the phone arrives.`,
        `Open ${url}, unfold the folder ${folderId}, and press Resume.`,
      )
    : warning(
        `The phone is paused in Syncthing: nothing of it arrives in the folder ${folderId}.`,
        `Open ${url}, unfold the phone under Remote Devices, and press Resume.`,
      );
});

export const syncthingTrouble = asked((place, state, phone) => {
  const { url, folderId } = place;
  if (state.kind === 'down' || state.kind === 'refused') return 'unknown';
  if (state.kind === 'nonsense')
    return warning(
      `What answers at ${url} does not speak as Syncthing does: ${said(state.detail)}. ${goesOn}`,
      'See that `url` in sources.yaml is the address of its GUI, 8384 is its usual port, and not of a proxy or of the port that it syncs by.',
    );
  if (state.kind === 'unknown-folder')
    return warning(
      `Syncthing at ${url} has no folder with the id ${folderId}. ${goesOn}`,
      `Open ${url}, unfold the phone's folder, and write its Folder ID as \`folder_id\` into sources.yaml: the id, not the label.`,
    );
  const troubles = [...folderTroubles(place, state, phone)];
  const worst = troubles.filter(({ severity }) => severity === 'warning');
  const told = worst.length > 0 ? worst : troubles;
  const [first] = told;
  if (first === undefined) return 'not-so';
  const joined = (words: (trouble: Trouble) => string): string => told.map(words).join(' ');
  return { severity: first.severity, text: joined(({ text }) => text), remedy: joined(({ remedy }) => remedy) };
});

function* folderTroubles({ url, folderId }: SyncthingPlace, up: Up, { facts, known }: Phone): Generator<Trouble> {
  // Without its marker Syncthing stops the folder: that is said by `ingest-missing`.
  if (up.error !== null && facts.ingest !== 'missing') {
    const words = said(up.error);
    yield warning(
      `Syncthing stopped the folder ${folderId}: ${lastSaid(known('syncthing-trouble')?.text ?? '', words)}.`,
      `Open ${url}: the folder says what it lacks.`,
    );
  }
  if (up.pullErrors > 0)
    yield warning(
      `Syncthing can not fetch some files of the folder ${folderId}.`,
      `Open ${url}, unfold the folder ${folderId}, and look at Failed Items.`,
    );
  if (up.folderType !== 'receiveonly') yield typeTrouble(up.folderType, folderId, url);
  if (up.ignoresDeletes)
    yield {
      severity: 'notice',
      text: `Syncthing ignores what the phone deletes in the folder ${folderId} (ignoreDelete): the phone is never "up to date", and what it deleted stays in every snapshot.`,
      remedy: `The mirror keeps photos without it. Open ${url}, Actions, Advanced, Folders, ${folderId}, and switch Ignore Delete off.`,
    };
}

/** Some of Syncthing's words hold numbers that move, such as what is free on a disk: what was said first stands. */
const lastSaid = (text: string, words: string): string => {
  const pattern = words
    .split(/\d+(?:[.,]\d+)*/u)
    .map((part) => RegExp.escape(part))
    .join('\\d+(?:[.,]\\d+)*');
  return new RegExp(pattern, 'u').exec(text)?.[0] ?? words;
};

const typeTrouble = (type: string, folderId: string, url: string): Trouble => {
  const remedy = `Open ${url}, edit the folder ${folderId}, Advanced, and make its Folder Type Receive Only.`;
  if (type === 'sendonly')
    return warning(`The folder ${folderId} only sends on this side: nothing of the phone arrives.`, remedy);
  if (type === 'receiveencrypted')
    return warning(
      `The folder ${folderId} receives encrypted files, which nobody here can read: its photos are none.`,
      `Share it from the phone without an encryption password, with a new folder of the type Receive Only.`,
    );
  return {
    severity: 'notice',
    text: `The folder ${folderId} is not Receive Only: what is changed or deleted on this side would be on the phone too.`,
    remedy,
  };
};

export const phoneUnseen = (phone: Phone): Verdict => (phone.ingest.unseenAfterMs === null ? 'not-so' : seenOf(phone));

const seenOf = answered(({ url }, { paused, phoneSeenAt }, { ingest, facts, nowMs }) => {
  const { unseenAfterMs } = ingest;
  if (unseenAfterMs === null) return 'not-so';
  // Who is paused is not seen: that is said already.
  if (paused === 'phone') return 'unknown';
  if (nowMs - Date.parse(phoneSeenAt ?? facts.since) <= unseenAfterMs) return 'not-so';
  return phoneSeenAt === null
    ? warning(
        `Syncthing has not seen the phone yet, and waits for longer than ${formatDuration(unseenAfterMs)}. What is backed up is what is here.`,
        `Add this server's device ID to Syncthing on the phone, share the folder with it there, and accept both at ${url}.`,
      )
    : warning(
        `Syncthing has not seen the phone for longer than ${formatDuration(unseenAfterMs)}: what is new on it is on no other machine.`,
        'See on the phone that Syncthing runs: allowed in the background, without battery optimisation, and with this Wi-Fi allowed. For a phone that is away for longer, say `unseen_after` in sources.yaml.',
      );
});
