// The images and what of the checkout goes into each.
import { serviceNames } from '../../libs/contracts/dist/index.js';

/** What a service needs beside its own program, by the name of the service. */
const besides = { 'inference-gateway': ['apps/inference-gateway/worker', 'models'] };

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

/** One image: `main` is what it runs, `paths` are files and folders of the checkout, `workspaces` have its packages. */
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
];
