// Loaded into a node before anything else (NODE_OPTIONS=--import): its clock is wrong by FAULTS_CLOCK_OFFSET_MS. The monotonic clock stays, as on a real machine.
const offsetMs = Number(process.env["FAULTS_CLOCK_OFFSET_MS"] ?? 0);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...args);
  }
  static now() {
    return RealDate.now() + offsetMs;
  }
};
