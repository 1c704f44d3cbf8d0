/** The commands that read configuration. */
export type Command = "dev" | "start" | "migrate" | "backup" | "restore";

export type ConfigurationOption = {
  /** In the configuration file, and in code. */
  name: string;
  /** On the command line. */
  flag: string;
  /** In the environment. */
  env: string;
  type: "string" | "integer" | "duration";
  /** As text; null when there is none and it may be left out. */
  default: string | null;
  /** Least and most, in the type's own notation. */
  bounds?: readonly [string, string];
  secret?: boolean;
  description: string;
  /** What goes wrong at either end. */
  extremes?: string;
  commands: readonly Command[];
};

const node = ["dev", "start"] as const;

/** Every option there is. Flags, environment, file, the reference and its checks come from this list; precedence is flag, environment, file, default. */
export const configurationOptions = [
  {
    name: "databaseUrl",
    flag: "--database-url",
    env: "DATABASE_URL",
    type: "string",
    default: null,
    secret: true,
    description:
      "PostgreSQL 15 or newer. `dev` without it starts the embedded one; `start` and `migrate` need it. Several servers (`h1:5432,h2:5432`): connections go to the one that takes writes",
    commands: ["dev", "start", "migrate", "backup", "restore"],
  },
  {
    name: "databasePooler",
    flag: "--database-pooler",
    env: "PUNCTUAL_DATABASE_POOLER",
    type: "string",
    default: "none",
    description:
      "none, or transaction when `databaseUrl` leads to a pooler in transaction mode (PgBouncer): nothing is then left to a session, see docs/operating/database.md",
    commands: ["dev", "start", "migrate"],
  },
  {
    name: "databaseDirectUrl",
    flag: "--database-direct-url",
    env: "PUNCTUAL_DATABASE_DIRECT_URL",
    type: "string",
    default: null,
    secret: true,
    description: "The same database past the pooler, for migrations, which need it, and for wake-ups, which without it are left to polling",
    commands: ["dev", "start", "migrate"],
  },
  {
    name: "host",
    flag: "--host",
    env: "PUNCTUAL_HOST",
    type: "string",
    default: "127.0.0.1",
    description: "Address to listen on. 0.0.0.0 listens everywhere: put TLS in front of it",
    commands: node,
  },
  {
    name: "port",
    flag: "--port",
    env: "PUNCTUAL_PORT",
    type: "integer",
    default: "8080",
    bounds: ["0", "65535"],
    description: "Port to listen on; 0 takes any that is free",
    commands: node,
  },
  {
    name: "publicUrl",
    flag: "--public-url",
    env: "PUNCTUAL_PUBLIC_URL",
    type: "string",
    default: null,
    description:
      "Where receivers of long webhooks reach the API, such as https://punctual.example.com; they are told in Punctual-Completion-Url. Without it that header is left out, as no node can know what stands in front of it",
    extremes: "A wrong one has receivers send their tokens to whoever answers there; http shows them to everyone on the way",
    commands: node,
  },
  {
    name: "dataDir",
    flag: "--data-dir",
    env: "PUNCTUAL_DATA_DIR",
    type: "string",
    default: ".punctual",
    description: "Folder of the API key, the signing secret, the encryption key and the embedded PostgreSQL",
    commands: ["dev"],
  },
  {
    name: "encryptionKey",
    flag: "--encryption-key",
    env: "PUNCTUAL_ENCRYPTION_KEY",
    type: "string",
    default: null,
    secret: true,
    description:
      "32 random bytes in base64 that encrypt the stored secrets, the same on every node (`openssl rand -base64 32`). `dev` makes its own in the data folder",
    commands: node,
  },
  {
    name: "nodeName",
    flag: "--node-name",
    env: "PUNCTUAL_NODE_NAME",
    type: "string",
    default: null,
    description: "What people see; the host name unless given. Need not be unique: every boot gets an id of its own",
    commands: node,
  },
  {
    name: "slots",
    flag: "--slots",
    env: "PUNCTUAL_SLOTS",
    type: "integer",
    default: "1000",
    bounds: ["1", "20000"],
    description: "Attempts this node makes at once; a quarter of them only of runs that have just become due, and are no part of a herd",
    extremes: "1 makes one after the other; 20000 needs as many sockets (`ulimit -n`) and memory for as many answers",
    commands: node,
  },
  {
    name: "slotsPerOrigin",
    flag: "--slots-per-origin",
    env: "PUNCTUAL_SLOTS_PER_ORIGIN",
    type: "integer",
    default: "250",
    bounds: ["1", "20000"],
    description: "Attempts at once to one host of one tenant",
    extremes: "1 calls every host one request at a time; as many as `slots` lets one host that hangs take the whole node",
    commands: node,
  },
  {
    name: "leaseTtl",
    flag: "--lease-ttl",
    env: "PUNCTUAL_LEASE_TTL",
    type: "duration",
    default: "4s",
    bounds: ["2s", "60s"],
    description: "How long a node is believed to live after its last renewal (it renews four times as often)",
    extremes: "2s takes over soonest and mistakes a slow database for a dead node; at 60s a hung node's jobs wait a minute",
    commands: node,
  },
  {
    name: "drainTimeout",
    flag: "--drain-timeout",
    env: "PUNCTUAL_DRAIN_TIMEOUT",
    type: "duration",
    default: "30s",
    bounds: ["1s", "1h"],
    description: "How long attempts under way may take to finish when the node is asked to stop",
    extremes: "At 1s longer attempts are cut off and made again elsewhere; at 1h a deploy waits for the slowest target",
    commands: node,
  },
  {
    name: "retentionDays",
    flag: "--retention-days",
    env: "PUNCTUAL_RETENTION_DAYS",
    type: "integer",
    default: "30",
    bounds: ["1", "3650"],
    description: "Days that ended runs and their attempts are kept",
    extremes: "1 forgets yesterday's failures; 3650 keeps ten years of partitions",
    commands: node,
  },
  {
    name: "deadLetterRetentionDays",
    flag: "--dead-letter-retention-days",
    env: "PUNCTUAL_DEAD_LETTER_RETENTION_DAYS",
    type: "integer",
    default: "90",
    bounds: ["1", "3650"],
    description: "Days that dead letters and their attempts are kept when nobody deals with them; never fewer than `retentionDays`",
    extremes: "At or below `retentionDays` they go with all other runs; 3650 keeps ten years of what nobody dealt with",
    commands: node,
  },
  {
    name: "overdueAfter",
    flag: "--overdue-after",
    env: "PUNCTUAL_OVERDUE_AFTER",
    type: "duration",
    default: "60s",
    bounds: ["5s", "1h"],
    description: "An occurrence that is due for longer without being fired is a finding of the watchdog; the same on every node",
    extremes: "At 5s every take-over from a dead node is reported; at 1h a job may stand still for an hour unseen",
    commands: node,
  },
  {
    name: "clockJump",
    flag: "--clock-jump",
    env: "PUNCTUAL_CLOCK_JUMP",
    type: "duration",
    default: "60s",
    bounds: ["10s", "24h"],
    description: "When the database's clock leaves its course by more, firing stops until a person has decided; the same on every node",
    extremes: "At 10s a clock that is put right stops everything; at 24h a day's occurrences may fire at once",
    commands: node,
  },
  {
    name: "restoreGap",
    flag: "--restore-gap",
    env: "PUNCTUAL_RESTORE_GAP",
    type: "duration",
    default: null,
    bounds: ["1m", "30d"],
    description:
      "Firing stops, until a person has decided, when all nodes were away for longer: for servers that are restored by snapshots of their disks, which nothing else can tell from an outage. Without it an outage never stops firing",
    extremes: "At 1m every longer outage needs a person; at 30d only the oldest snapshots are noticed",
    commands: node,
  },
  {
    name: "databaseConnections",
    flag: "--database-connections",
    env: "PUNCTUAL_DATABASE_CONNECTIONS",
    type: "integer",
    default: "16",
    bounds: ["4", "500"],
    description:
      "Connections of this node: half for the API, half for the engine, two more that nothing can take from lease and wake-ups, and two on the node that cleans up",
    extremes: "4 makes requests wait for each other; the sum over all nodes must stay below the server's max_connections",
    commands: node,
  },
  {
    name: "databaseTimeout",
    flag: "--database-timeout",
    env: "PUNCTUAL_DATABASE_TIMEOUT",
    type: "duration",
    default: "5s",
    bounds: ["1s", "60s"],
    description: "How long connecting to the database, waiting for a free connection, and each statement may take",
    extremes:
      "1s gives up audits and searches of large tenants; at 60s requests wait a minute for a silent database before they get their 503",
    commands: node,
  },
  {
    name: "logLevel",
    flag: "--log-level",
    env: "PUNCTUAL_LOG_LEVEL",
    type: "string",
    default: "info",
    description: "debug, info, warn, error or silent. At debug every attempt and request is a line",
    commands: node,
  },
] as const satisfies readonly ConfigurationOption[];
