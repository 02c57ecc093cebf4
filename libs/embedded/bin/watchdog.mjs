// Runs one server as its only child and stops it when standard input closes: the launcher holds the other end of
// that pipe, so a launcher that dies, even by SIGKILL, takes its servers along. Plain JavaScript without
// dependencies, because it runs from source and from dist alike and must start in a few milliseconds.
// argv[2] is JSON: { command, args, cwd?, uid?, gid?, pidFile?, signals: string[], graceMs: number }.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

const plan = JSON.parse(process.argv[2]);

function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}

const child = spawn(plan.command, plan.args, {
  cwd: plan.cwd ?? '/',
  stdio: ['ignore', 'inherit', 'inherit'],
  ...(plan.uid === undefined ? {} : { uid: plan.uid, gid: plan.gid }),
});

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  const signals = [...plan.signals];
  const next = () => {
    const signal = signals.shift() ?? 'SIGKILL';
    child.kill(signal);
    if (signal !== 'SIGKILL') setTimeout(next, plan.graceMs);
  };
  next();
}

child.on('spawn', () => {
  if (plan.pidFile) {
    writeFileSync(plan.pidFile, JSON.stringify({ pid: child.pid, startTime: startTime(child.pid) }), {
      mode: 0o600,
    });
  }
});
child.on('error', (error) => {
  process.stderr.write(`cannot run ${plan.command}: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  if (plan.pidFile) rmSync(plan.pidFile, { force: true });
  if (signal && !stopping) process.stderr.write(`${plan.command} was killed by ${signal}\n`);
  process.exit(code ?? (stopping ? 0 : 128));
});

process.stdin.on('end', stop);
process.stdin.on('close', stop);
process.stdin.on('error', stop);
process.stdin.resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);
