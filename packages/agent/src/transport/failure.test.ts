import { expect, test } from 'vitest';
import { explainSshFailure, type FailureContext } from './failure.ts';

const context: FailureContext = {
  destination: { host: 'nas.lan', port: 2222, user: 'laptop' },
  pins: [{ type: 'ssh-ed25519', blob: 'AAAA', fingerprint: 'SHA256:pinned' }],
  knownHostsFile: '/home/x/.config/berth/known_hosts',
  keyFile: '/home/x/.config/berth/id_ed25519',
  publicKey: 'ssh-ed25519 AAAAmine berth@laptop',
};

/** OpenSSH's client in its own words (9.2's, and what 9.8's PerSourcePenalties answer). */
const texts: readonly (readonly [string, string])[] = [
  [
    'host-key-changed',
    `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:Ff8ND48sRZ0RfHoQbnZ/O6k3W2kNmgZb7N1xO1ubJq0.
Please contact your system administrator.
Host key for berth has changed and you have requested strict checking.
Host key verification failed.`,
  ],
  [
    'host-key-changed',
    'Unable to negotiate with 127.0.0.1 port 22822: no matching host key type found. Their offer: ssh-ed25519',
  ],
  ['key-refused', 'laptop@nas.lan: Permission denied (publickey).'],
  ['key-refused', 'Received disconnect from 10.0.0.5 port 2222:2: Too many authentication failures'],
  [
    'key-exposed',
    `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions 0644 for '/tmp/berth-a/key' are too open.
This private key will be ignored.
Load key "/tmp/berth-a/key": bad permissions
laptop@nas.lan: Permission denied (publickey).`,
  ],
  ['unreachable', 'ssh: Could not resolve hostname nas.lan: Name or service not known'],
  ['unreachable', 'ssh: Could not resolve hostname nas.lan: Temporary failure in name resolution'],
  ['unreachable', 'ssh: connect to host nas.lan port 2222: Connection refused'],
  ['unreachable', 'ssh: connect to host nas.lan port 2222: Connection timed out'],
  ['unreachable', 'ssh: connect to host nas.lan port 2222: No route to host'],
  ['unreachable', 'Connection timed out during banner exchange\nConnection to 10.0.0.5 port 2222 timed out'],
  [
    'server-busy',
    'kex_exchange_identification: Connection closed by remote host\nConnection closed by 10.0.0.5 port 2222',
  ],
  [
    'server-busy',
    'kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.5 port 2222',
  ],
  ['server-busy', 'kex_exchange_identification: banner line 0: Not allowed at this time'],
  ['unreachable', ''],
  ['unreachable', 'something no one has seen before'],
];

test.for(texts)('%s is told from: %s', ([code, stderr]) => {
  expect(explainSshFailure(stderr, context).code).toBe(code);
});

test('a changed host key shows both fingerprints and what to do', () => {
  const problem = explainSshFailure(texts[0]?.[1] ?? '', context);
  expect(problem.message).toContain('SHA256:pinned');
  expect(problem.message).toContain('SHA256:Ff8ND48sRZ0RfHoQbnZ/O6k3W2kNmgZb7N1xO1ubJq0');
  expect(problem.remedy).toContain('known_hosts');
});

test('a refused key shows the key the server should know', () => {
  expect(explainSshFailure('Permission denied (publickey).', context).remedy).toContain('ssh-ed25519 AAAAmine');
});

test('an unknown text is passed on, not swallowed', () => {
  expect(explainSshFailure('odd words', context).message).toContain('odd words');
});
