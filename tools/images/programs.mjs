// The images and what of the checkout goes into each.
import { serviceNames } from '../../libs/contracts/dist/index.js';

/** The image that gateways take their prover from. */
export const PROVER = 'zk-prover';

/** What a service needs beside its own program, by the name of the service. */
const besides = {
  'inference-gateway': ['apps/inference-gateway/worker', 'libs/prover-adapter/sample', 'models'],
};

const service = (name) => ({
  name,
  title: `Touchstone ${name}`,
  workspaces: [`apps/${name}`],
  main: `apps/${name}/bundle/main.js`,
  paths: [
    `apps/${name}/bundle`,
    `apps/${name}/package.json`,
    'libs/contracts/proto',
    ...(besides[name] ?? []),
  ],
});

/**
 * One image: `main` is what it runs, `paths` are files and folders of the checkout, `workspaces` have its packages, and `packages` are
 * installed ones that it reads beside those of all; `licences` is that of its own code, Apache-2.0 when left out.
 */
export const images = [
  ...serviceNames.map(service),
  {
    name: 'cli',
    title: 'Touchstone command line and the provisioner of NATS',
    workspaces: ['apps/cli', 'libs/nats'],
    main: 'apps/cli/bin/touchstone.js',
    paths: [
      ...['apps/cli/bin', 'apps/cli/bundle', 'apps/cli/package.json'],
      ...['libs/nats/bundle', 'libs/nats/package.json'],
    ],
  },
  {
    name: PROVER,
    title: 'Touchstone prover',
    // Because of snarkjs. It runs as a process of its own, also beside a gateway.
    licences: 'GPL-3.0-or-later',
    workspaces: ['apps/zk-prover'],
    main: 'apps/zk-prover/bin/touchstone-zk-prover.js',
    paths: ['bin', 'bundle', 'package.json', 'LICENSE'].map((path) => `apps/zk-prover/${path}`),
    // A program that is called.
    packages: ['snarkjs'],
  },
];
