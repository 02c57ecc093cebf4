// The network of a trial: a namespace of its own for each Pod, and a router between them that lets through what is allowed. The process
// that uses it runs in the router's namespace, which nothing outside reaches: see in-network.mjs.
import { writeFileSync } from 'node:fs';
import { run } from '../images/engine.mjs';

/** Address of the router in every Pod's network; what is outside of a cluster listens there. */
export const ROUTER = '10.244.255.1';
/** Characters that a network device may have in its name. */
const DEVICE_PREFIX = 'pod';

const ip = (...args) => run('ip', args);

/** Pods with an address and a network namespace each. */
export class PodNetwork {
  pods = new Map();
  last = 0;

  /** @param tag begins the names of the namespaces, so that two trials stay apart */
  constructor(tag) {
    this.tag = tag;
    ip('link', 'set', 'lo', 'up');
    ip('addr', 'add', `${ROUTER}/32`, 'dev', 'lo');
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  }

  /** @returns `{ address, network }` of a new Pod */
  add(name, labels) {
    this.last += 1;
    const network = `${this.tag}-${this.last}`;
    const address = `10.244.0.${this.last}`;
    const device = `${DEVICE_PREFIX}${this.last}`;
    ip('netns', 'add', network);
    ip('link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', network);
    ip('addr', 'add', `${ROUTER}/32`, 'dev', device);
    ip('link', 'set', device, 'up');
    ip('route', 'add', `${address}/32`, 'dev', device, 'src', ROUTER);
    const inside = (...args) => ip('-n', network, ...args);
    inside('link', 'set', 'lo', 'up');
    inside('addr', 'add', `${address}/32`, 'dev', 'eth0');
    inside('link', 'set', 'eth0', 'up');
    inside('route', 'add', ROUTER, 'dev', 'eth0');
    inside('route', 'add', 'default', 'via', ROUTER);
    this.pods.set(name, { address, network, labels });
    return this.pods.get(name);
  }

  remove(name) {
    ip('netns', 'delete', this.pods.get(name).network);
    this.pods.delete(name);
  }

  /** Lets through exactly what `allows(from, to, port)` says, `to` undefined for what is outside of the cluster. */
  enforce(ports, allows) {
    const pods = [...this.pods.values()];
    const forward = pods.flatMap((from) =>
      pods
        .filter((to) => to !== from)
        .flatMap((to) =>
          ports
            .filter((port) => allows(from, to, port))
            .map((port) => `ip saddr ${from.address} ip daddr ${to.address} tcp dport ${port} accept`),
        ),
    );
    const outside = pods.flatMap((from) =>
      ports
        .filter((port) => allows(from, undefined, port))
        .map((port) => `ip saddr ${from.address} tcp dport ${port} accept`),
    );
    const chain = (name, rules) =>
      `chain ${name} { type filter hook ${name} priority 0; policy drop;\n ct state established,related accept\n ${rules.join('\n ')}\n }`;
    // A refusal that is heard of at once, so that a test of what is forbidden does not wait.
    const refuse = 'reject with icmp type admin-prohibited';
    run('nft', ['-f', '-'], {
      input: [
        'add table ip trial',
        'delete table ip trial',
        'table ip trial {',
        chain('forward', [...forward, refuse]),
        chain('input', ['iif lo accept', ...outside, refuse]),
        '}',
        '',
      ].join('\n'),
    });
  }
}
