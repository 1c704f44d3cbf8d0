/** What a run, a job and a node cost, as measured: written by `npm run bench -- coefficients`, which says where each comes from. */
export type Coefficients = {
  /** CPU of a node a run: signed webhooks at a steady rate. */
  nodeCpuMsPerRun: number;
  /** CPU of PostgreSQL a run. */
  databaseCpuMsPerRun: number;
  rowsPerRun: number;
  /** Write-ahead log a run, without payload and answer. */
  logBytesPerRun: number;
  /** A run in the history with its indexes, without payload and answer. */
  bytesPerRun: number;
  /** A job with its cursor and their indexes. */
  bytesPerJob: number;
  /** The most that a node took. */
  nodeMemoryMb: number;
  /** What a disk writes in a row: an assumption, not a measurement. */
  diskMbPerSecond: number;
};
