import type { VerbEntry, VerbGroup } from "../verb.ts";

/** Every verb in the order of the help. Files are loaded one by one, when asked for, so that `jobs list` does not wait for the parts of a server. */
export const verbs: readonly (VerbEntry | VerbGroup)[] = [
  { name: "dev", summary: "run a node with a database of its own, everything set up", load: () => import("./dev.ts") },
  { name: "start", summary: "run a node on an existing database", load: () => import("./start.ts") },
  { name: "agent", summary: "run allowed commands on this host, as a worker", load: () => import("./agent.ts") },
  { name: "migrate", summary: "bring the database's schema up to date", load: () => import("./migrate.ts") },
  { name: "backup", summary: "dump the database into a file, and prove that it restores", load: () => import("./backup.ts") },
  { name: "restore", summary: "restore a backup, and fire nothing until a person has decided", load: () => import("./restore.ts") },
  { name: "doctor", summary: "check that everything needed is there", load: () => import("./doctor.ts") },
  { name: "cluster", summary: "show the nodes, the shards and who owns them", load: () => import("./cluster.ts") },
  { name: "findings", summary: "list what the watchdog found and is not mended", load: () => import("./findings.ts") },
  { name: "audit", summary: "prove that every occurrence ran or was skipped for a reason", load: () => import("./audit.ts") },
  {
    name: "restore-mode",
    summary: "decide what becomes of what lies between a restored backup and now",
    verbs: [
      { name: "show", summary: "tell whether nothing fires, why, and what lies between", load: () => import("./restore-mode/show.ts") },
      { name: "begin", summary: "stop firing on every node", load: () => import("./restore-mode/begin.ts") },
      { name: "resolve", summary: "run, skip or mark as done what lies between", load: () => import("./restore-mode/resolve.ts") },
    ],
  },
  {
    name: "jobs",
    summary: "create, look at and change jobs",
    verbs: [
      { name: "create", summary: "create a job", load: () => import("./jobs/create.ts") },
      { name: "list", summary: "list jobs, newest first", load: () => import("./jobs/list.ts") },
      { name: "get", summary: "show a job", load: () => import("./jobs/get.ts") },
      { name: "update", summary: "change a job", load: () => import("./jobs/update.ts") },
      { name: "pause", summary: "stop firing a job", load: () => import("./jobs/pause.ts") },
      { name: "resume", summary: "fire a paused job again", load: () => import("./jobs/resume.ts") },
      { name: "trigger", summary: "run a job now, besides its schedule", load: () => import("./jobs/trigger.ts") },
      { name: "cancel", summary: "cancel the runs of a job that are not over", load: () => import("./jobs/cancel.ts") },
      {
        name: "backfill",
        summary: "carry out the occurrences of a past range that have not run",
        load: () => import("./jobs/backfill.ts"),
      },
      { name: "explain", summary: "tell why a job ran at a time, or did not", load: () => import("./jobs/explain.ts") },
      { name: "delete", summary: "delete a job", load: () => import("./jobs/delete.ts") },
    ],
  },
  {
    name: "runs",
    summary: "look at runs, cancel and retry them",
    verbs: [
      { name: "list", summary: "search runs, latest first", load: () => import("./runs/list.ts") },
      { name: "get", summary: "show a run with its attempts", load: () => import("./runs/get.ts") },
      { name: "logs", summary: "read what a run's worker has logged", load: () => import("./runs/logs.ts") },
      { name: "cancel", summary: "cancel a run", load: () => import("./runs/cancel.ts") },
      { name: "retry", summary: "give a dead or cancelled run another attempt", load: () => import("./runs/retry.ts") },
      { name: "run-again", summary: "carry a run out again, as a new run", load: () => import("./runs/run-again.ts") },
    ],
  },
  {
    name: "backfills",
    summary: "look after occurrences of the past that are made up for",
    verbs: [
      { name: "list", summary: "list backfills, newest first", load: () => import("./backfills/list.ts") },
      { name: "get", summary: "show a backfill and how far it has come", load: () => import("./backfills/get.ts") },
      { name: "pause", summary: "make no more runs of a backfill for now", load: () => import("./backfills/pause.ts") },
      { name: "resume", summary: "go on with a paused backfill", load: () => import("./backfills/resume.ts") },
      { name: "cancel", summary: "end a backfill", load: () => import("./backfills/cancel.ts") },
    ],
  },
  {
    name: "settings",
    summary: "what holds for all jobs of the tenant",
    verbs: [
      { name: "get", summary: "show the tenant's defaults", load: () => import("./settings/get.ts") },
      { name: "set", summary: "change the tenant's defaults", load: () => import("./settings/set.ts") },
    ],
  },
  {
    name: "queues",
    summary: "look at queues, limit and pause them",
    verbs: [
      { name: "list", summary: "list queues by name", load: () => import("./queues/list.ts") },
      { name: "get", summary: "show a queue, what waits in it, and why", load: () => import("./queues/get.ts") },
      { name: "set", summary: "set limits of a queue, or create it", load: () => import("./queues/set.ts") },
      { name: "pause", summary: "begin no run of a queue", load: () => import("./queues/pause.ts") },
      { name: "resume", summary: "begin the runs of a paused queue again", load: () => import("./queues/resume.ts") },
      { name: "delete", summary: "delete a queue that no job names", load: () => import("./queues/delete.ts") },
    ],
  },
  {
    name: "dead-letters",
    summary: "look at runs that used up their attempts, and deal with them",
    verbs: [
      { name: "list", summary: "list dead letters, latest first", load: () => import("./dead-letters/list.ts") },
      { name: "get", summary: "show one with its attempts, last request and response", load: () => import("./dead-letters/get.ts") },
      { name: "replay", summary: "give one or many another attempt", load: () => import("./dead-letters/replay.ts") },
      { name: "discard", summary: "take one or many off the list", load: () => import("./dead-letters/discard.ts") },
      { name: "note", summary: "write a note to one", load: () => import("./dead-letters/note.ts") },
    ],
  },
  {
    name: "breakers",
    summary: "look at the targets that are held off, and force them open or closed",
    verbs: [
      { name: "list", summary: "list the targets that are held off", load: () => import("./breakers/list.ts") },
      { name: "open", summary: "hold every run of a target off", load: () => import("./breakers/open.ts") },
      { name: "close", summary: "let every run of a target through, whatever is measured", load: () => import("./breakers/close.ts") },
      { name: "auto", summary: "let a target be measured again", load: () => import("./breakers/auto.ts") },
    ],
  },
  { name: "preview", summary: "tell when a schedule would fire, without a server", load: () => import("./preview.ts") },
  { name: "explain", summary: "tell why a schedule fires at a time, or not", load: () => import("./explain.ts") },
  { name: "lint", summary: "tell what may surprise in a schedule, without a server", load: () => import("./lint.ts") },
  { name: "diff", summary: "tell what changes when one schedule replaces another, without a server", load: () => import("./diff.ts") },
  { name: "forecast", summary: "tell how many occurrences all jobs will have, as a chart", load: () => import("./forecast.ts") },
  {
    name: "import",
    summary: "make jobs of another scheduler's files",
    verbs: [{ name: "crontab", summary: "make a job of every line of a crontab", load: () => import("./import-crontab.ts") }],
  },
];
