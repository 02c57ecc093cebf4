// Installs and upgrades a release as Helm and a cluster would: hooks in their order, then objects, Pods one by one.
import { Pod } from './kubelet.mjs';

const JOB_TIMEOUT_MS = 180_000;
const HOOK = 'helm.sh/hook';

const hooksOf = ({ metadata }) =>
  (metadata.annotations?.[HOOK] ?? '').split(',').filter((hook) => hook !== '');
const weightOf = ({ metadata }) => Number(metadata.annotations?.['helm.sh/hook-weight'] ?? 0);

/** A release whose Pods run here. */
export class Release {
  /** Pods that are ready, by the name of their workload. */
  workloads = new Map();
  revision = 0;

  constructor(kubelet, render) {
    this.kubelet = kubelet;
    this.render = render;
  }

  /** Runs a Job to its end. @throws Error with the end of its log when it fails or takes too long */
  async runToEnd({ metadata, spec }) {
    const { metadata: own, spec: podSpec } = spec?.template ?? { metadata, spec };
    const name = `${metadata.name}-${this.revision}`;
    const pod = new Pod(this.kubelet, { name, labels: own.labels, spec: podSpec }).start();
    const late = setTimeout(() => pod.child.kill('SIGKILL'), JOB_TIMEOUT_MS);
    const code = await pod.exited;
    clearTimeout(late);
    const log = pod.log();
    pod.remove();
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${log}`);
    return log;
  }

  async hooks(objects, when) {
    const jobs = objects.filter((object) => hooksOf(object).includes(when));
    for (const job of jobs.sort((left, right) => weightOf(left) - weightOf(right))) await this.runToEnd(job);
  }

  startPod(workload) {
    this.kubelet.number += 1;
    const { name } = workload.metadata;
    const { metadata, spec } = workload.spec.template;
    return new Pod(this.kubelet, {
      name: `${name}-${this.kubelet.number}`,
      labels: metadata.labels,
      spec,
    }).start();
  }

  async apply(set, action) {
    this.revision += 1;
    const objects = this.render(set, this.revision);
    this.objects = objects;
    this.kubelet.take(objects);
    await this.hooks(objects, `pre-${action}`);
    const made = objects.filter((object) => hooksOf(object).length === 0);
    const isA = (kind) => (object) => object.kind === kind;
    for (const workload of made.filter(isA('StatefulSet'))) await this.install(workload);
    for (const job of made.filter(isA('Job'))) await this.runToEnd(job);
    const deployments = made.filter(isA('Deployment'));
    if (action === 'install') await Promise.all(deployments.map((one) => this.install(one)));
    else for (const one of deployments) await this.roll(one);
    await this.hooks(objects, `post-${action}`);
  }

  async install(workload) {
    const { name } = workload.metadata;
    if (this.workloads.has(name)) return;
    const pod = await this.startPod(workload).ready();
    this.workloads.set(name, [pod]);
    this.kubelet.publish(this.workloads);
  }

  /** One Pod more, then one less: maxSurge 1, maxUnavailable 0. */
  async roll(workload) {
    const { name } = workload.metadata;
    const old = this.workloads.get(name);
    const next = await this.startPod(workload).ready();
    this.workloads.set(name, [next]);
    this.kubelet.publish(this.workloads);
    for (const pod of old) {
      const code = await pod.stop();
      if (code !== 0) throw new Error(`${pod.name} ended with ${code} when it was replaced.`);
    }
  }

  async stop() {
    for (const pods of [...this.workloads.values()].reverse()) for (const pod of pods) await pod.stop();
  }
}
