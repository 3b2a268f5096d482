/** The smallest file that works but for its key, printed where a file is empty or something else altogether. */
export const minimalExample = `sources:
  HOSTNAME: { uid: 100, key: 'ssh-ed25519 AAAA… user@host' }`;

/** What `berth-server init` writes: valid as it stands, lets nobody in, and shows every setting. */
export const commentedExample = `# Who may back up to this server. A change takes effect within two seconds; \`berth-server check\` says
# beforehand what it would do. A mistake is reported with its line, and the last good file stays in force.

# server:
#   name: nas       # how mails and the page call this server; without it as its host
#   port: 2222      # where sshd listens
#   protect: 30d    # how long a source's deleted backups can be brought back, unless it says otherwise
#   brake: 50%      # who deletes more than this of its snapshots or bytes in a day has its trash frozen
#   floor: 5G       # what stays free on the disk whatever the sources send; without it 5 %, at most 1G
#   scrub: 30d      # every stored byte is read and proved within this time
#   scrub_rate: 50M # and never faster than this, in a second
#   every: 1d       # how often a machine is backed up; the server says when
#   window: '22:00-06:00'     # in these hours only; without it at any time
#   time_zone: Europe/Berlin  # whose clock that is; without it this host's
#   concurrency: 2  # how many machines send at once
#   overdue_after: 3d         # its silence is red after this; without it twice \`every\`
#   retention: { daily: 14, weekly: 8, monthly: 12, yearly: 3 }  # the least a machine keeps

# digest: { at: '06:00' }         # the daily mail, by the clock of time_zone
# alerts: { quiet: '22:00-07:00' }  # then only what is critical is told
# channels:                       # whom to tell, and how: docs/sources.md shows ntfy, Slack, Matrix and the others
#   mail:                         # any name; \`berth-server alerts test mail\` tries it
#     type: email
#     host: smtp.example.org
#     user: nas@example.org
#     password_file: smtp-password  # a file beside this one that holds it; never the password itself
#     from: nas@example.org
#     to: me@example.org
# page: { listen: '127.0.0.1:8480' }  # where the status page is; page: off for none

sources:
#   laptop:                   # the machine's host name: also its account and its folder here
#     uid: 1001               # a number no other source has; it never changes, because the files belong to it
#     key: 'ssh-ed25519 AAAA… root@laptop'   # \`berth enroll\` prints this line
#     quota: 500G             # the most it may store; without it the disk is the limit
#     protect: 90d
#     every: 6h               # its own instead of the server's, as window, overdue_after and retention
#     window: always
#   scanner:                  # what can not run restic stores plain files; docs/sftp.md says what that lacks
#     uid: 1002
#     key: 'ssh-ed25519 AAAA… scanner'
#     access: sftp
#     immutable: true         # keep what it overwrites or deletes for \`protect\`
#   lisa-phone:               # a phone sends to Syncthing, and the server backs that folder up: docs/phone.md
#     uid: 1010
#     ingest: { folder: /volume1/phones/lisa, password_file: lisa-phone.password }
#     media: { to: /volume1/photos/lisa }   # its photos and videos, for good; nothing the phone deletes goes there
`;
