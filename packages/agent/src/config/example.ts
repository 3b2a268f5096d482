/** The least an agent.yaml says; what the loader prints where a file is empty. */
export const minimalExample = `server: laptop@nas.lan:2222
name: laptop
paths: [/home, /etc]
`;

/**
 * The commented agent.yaml that `berth enroll` writes: the three lines that matter, and every other setting with its
 * default, commented out. Values are quoted as YAML needs.
 */
export const commentedConfig = ({
  server,
  name,
  paths,
}: {
  /** `user@host:port`. */
  readonly server: string;
  readonly name: string;
  readonly paths: readonly string[];
}): string => `# What berth backs up on this machine, and where to. After a change: berth doctor
# Every line behind a # shows a setting with its default.

server: ${JSON.stringify(server)}
name: ${JSON.stringify(name)}

# Absolute paths; everything below them is backed up.
paths:
${paths.map((path) => `  - ${JSON.stringify(path)}`).join('\n')}

#exclude:
#  patterns: []              # as restic reads them: '*.tmp', /home/*/.cache, node_modules
#  files: []                 # files with such patterns, one a line
#  caches: true              # leave out folders marked by a CACHEDIR.TAG
#  if_present: []            # leave out folders that hold one of these: [.nobackup]
#  one_file_system: false    # true: stay on the file system of each path
#  larger_than: null         # leave out files above this: 20G

# Databases, each copied by its own tool (docs/databases.md). "berth databases" finds what runs here, and has lines for it.
#databases: []              # [{ engine: postgres, as: postgres }, { engine: sqlite, file: /srv/vault/db.sqlite3 }]

# Containers and systemd units that are quiet while their data is copied, and then run again (docs/containers.md).
#containers: null           # { labels: true, stop: [{ compose: shop, timeout: 5m }, { name: grafana, how: pause }] }
#services: []               # [{ unit: gitea.service, paths: [/var/lib/gitea], timeout: 5m }]

# Whether files are read from snapshots of btrfs, ZFS and LVM, where there are any.
#snapshots: never           # auto, or required

# How many snapshots stay. Nothing younger than keep_within is ever forgotten. Where the server's admin asks for more
# here, or for prune and check more often, that is done; what is not written here is the admin's to say.
#retention:
#  daily: 14
#  weekly: 8
#  monthly: 12
#  yearly: 3
#  keep_within: 2d

#prune:
#  every: 7d                 # how often data no snapshot uses is removed
#  max_unused: 5%            # how much of it may stay, so that little is rewritten

#check:
#  every: 7d
#  share: 5%                 # read back and verified each time; twenty checks read everything

#limits:
#  upload: null              # a second: 2M
#  download: null

#priority:
#  nice: 10                  # 0 to 19
#  ionice: low               # idle, low or normal

# A run whose time has come waits for the mains or for a free network, but no longer than at_most after the last good one.
# A "berth backup" by hand never waits.
#skip:
#  on_battery: false
#  on_metered: false         # a phone's hotspot; the network settings say which networks are metered
#  at_most: 3d

# Commands for /bin/sh. A before that fails stops the run. Each sees BERTH_NAME, BERTH_RUN, BERTH_OUTCOME, BERTH_REASON.
#hooks:
#  before: []                # [{ run: /usr/local/bin/dump-database, timeout: 10m }]
#  after: []
#  failure: []

# After a cut connection the run is tried again, first after \`first\`, then ever later, at most \`longest\` apart.
#retry:
#  for: 4h
#  first: 10s
#  longest: 10m
`;
