// Preloaded into a service by the fault suite: moves the wall clock that the program sees by the milliseconds that a
// file states. It covers Date.now(), new Date() and Date(), which everything in a service that asks for the time of
// day ends in; timers, performance.now() and the clock of PostgreSQL go on as they are, as after a step of the
// system's clock.
import { readFileSync } from 'node:fs';

const POLL_MS = 100;
const file = process.env.FAULT_CLOCK_FILE;
const SystemDate = Date;
const systemNow = Date.now.bind(Date);
let offsetMs = 0;

function readOffset() {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
}

if (file) {
  readOffset();
  setInterval(readOffset, POLL_MS).unref();
  SystemDate.now = () => systemNow() + offsetMs;
  // A proxy and no subclass, so that dates made by Node itself are still instances of the global Date.
  globalThis.Date = new Proxy(SystemDate, {
    construct: (target, parameters, newTarget) =>
      Reflect.construct(target, parameters.length === 0 ? [target.now()] : parameters, newTarget),
    apply: (target) => new target(target.now()).toString(),
  });
}
