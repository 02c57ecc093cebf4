import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const LOG_LINES = 15;

/** The main process of a container, with its log and its end. */
export class ContainerProcess {
  /** @param argv what containerCommand returned @param logFile is begun anew */
  launch({ argv: [program, ...args], env, logFile }) {
    this.logFile = logFile;
    this.ended = undefined;
    const log = openSync(logFile, 'w');
    this.child = spawn(program, args, { stdio: ['ignore', log, log], env, detached: true });
    closeSync(log);
    this.exited = new Promise((resolve) =>
      this.child.once('exit', (code, signal) => resolve(code ?? signal)),
    );
    void this.exited.then((code) => (this.ended = code));
  }

  /** The end of what it wrote. */
  log() {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(-LOG_LINES).join('\n');
  }

  /** SIGTERM, and SIGKILL when the grace is over. @returns its exit code, or the signal that ended it */
  async terminate(graceMs) {
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    const code = await this.exited;
    clearTimeout(late);
    return code;
  }
}
