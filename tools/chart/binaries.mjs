// helm, a Kubernetes API server with its store, and the loader of Compose files, built from their Go modules: no cluster and no container
// engine is needed to check an installation. What was built stays in the cache folder of the user, by its version.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../images/engine.mjs';

export const HELM = '3.22.0';
/** That of helm’s own libraries: what the two share is compiled once. */
export const KUBERNETES = '1.37.2';
/** The one that this Kubernetes is tested with. */
const ETCD = '3.7.0';
/** As the chart’s image has it. */
const NATS_SERVER = '2.15.2';
/** What docker compose reads its files with. */
const COMPOSE = '2.16.2';
/** Modules whose custom resources the chart uses, and where in them the definitions are. */
const DEFINITIONS = [
  { module: 'github.com/kedacore/keda/v2', version: 'v2.17.2', paths: ['config/crd/bases'] },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    paths: [
      'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
      'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    ],
  },
  { module: 'sigs.k8s.io/gateway-api', version: 'v1.3.0', paths: ['config/crd/standard'] },
];

const cache = () =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'touchstone', 'kubernetes');

/** Go where it is usually installed, when it is not on the PATH. */
function goCommand() {
  for (const go of ['go', '/usr/local/go/bin/go'])
    try {
      execFileSync(go, ['version'], { stdio: 'ignore' });
      return go;
    } catch {
      // The next place.
    }
  throw new Error('Go 1.24 or newer is needed to build what checks an installation; it is not here.');
}

const goRun = (args, options = {}) =>
  run(goCommand(), args, { ...options, env: { ...process.env, GOFLAGS: '-mod=mod', ...options.env } });

/** Builds in a folder of its own, and moves what came out into the cache at the end: half a build is none. */
function cached(name, version, build) {
  const folder = join(cache(), `${name}-${version}`);
  const binary = join(folder, name);
  if (existsSync(binary)) return binary;
  process.stderr.write(`building ${name} ${version} …\n`);
  const work = mkdtempSync(join(tmpdir(), `touchstone-${name}-`));
  try {
    build(work, join(work, name));
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(work, name), `${binary}.new`);
    renameSync(`${binary}.new`, binary);
  } finally {
    // Modules are laid out read-only.
    rmSync(work, { recursive: true, force: true });
  }
  return binary;
}

export function natsServer() {
  return cached('nats-server', NATS_SERVER, (work) =>
    goRun(['install', `github.com/nats-io/nats-server/v2@v${NATS_SERVER}`], { env: { GOBIN: work } }),
  );
}

/** Writes a program and its module; `others` are imports of other programs of the same module. */
function writeModule(work, { requirements, replacements = [], imports, others = [], main }) {
  const list = (paths, name = '') => `import (\n${paths.map((path) => `\t${name}"${path}"`).join('\n')}\n)\n`;
  const needed = requirements.map((one) => `require ${one}`);
  const module = ['module example.invalid/program', 'go 1.24', ...needed, 'replace (', ...replacements, ')'];
  writeFileSync(join(work, 'go.mod'), `${module.join('\n')}\n`);
  writeFileSync(join(work, 'main.go'), `package main\n\n${list(imports)}\n${main}\n`);
  // Never built: `go mod tidy` keeps the versions that the others need.
  writeFileSync(join(work, 'others.go'), `//go:build others\n\npackage main\n\n${list(others, '_ ')}`);
  goRun(['mod', 'tidy'], { cwd: work });
}

/** Without the tables of a debugger, which nobody reads here. */
const goBuild = (work, binary, { path = '.', ldflags = '' } = {}) =>
  goRun(['build', '-ldflags', `-s -w ${ldflags}`, '-o', binary, path], { cwd: work });

/** Prints a project of Compose as docker compose takes it: `compose FOLDER PROFILE …`, with the .env of the folder. */
const COMPOSE_MAIN = `func main() {
\toptions, err := cli.NewProjectOptions(nil, cli.WithWorkingDirectory(os.Args[1]), cli.WithOsEnv, cli.WithEnvFiles(), cli.WithDotEnv,
\t\tcli.WithDefaultConfigPath, cli.WithProfiles(os.Args[2:]))
\tif err != nil {
\t\tlog.Fatal(err)
\t}
\tproject, err := options.LoadProject(context.Background())
\tif err != nil {
\t\tlog.Fatal(err)
\t}
\tif err := json.NewEncoder(os.Stdout).Encode(project); err != nil {
\t\tlog.Fatal(err)
\t}
}`;

/** The loader of Compose files, from the module of their specification. */
export function composeLoader() {
  return cached('compose', COMPOSE, (work, binary) => {
    writeModule(work, {
      requirements: [`github.com/compose-spec/compose-go/v2 v${COMPOSE}`],
      imports: ['context', 'encoding/json', 'log', 'os', 'github.com/compose-spec/compose-go/v2/cli'],
      main: COMPOSE_MAIN,
    });
    goBuild(work, binary);
  });
}

function moduleFolder(module, version) {
  return JSON.parse(goRun(['mod', 'download', '-json', `${module}@${version}`])).Dir;
}

/** The libraries that a release of Kubernetes has at its own version, which its go.mod leaves open. */
function stagingModules() {
  const text = readFileSync(join(moduleFolder('k8s.io/kubernetes', `v${KUBERNETES}`), 'go.mod'), 'utf8');
  const names = [...text.matchAll(/^\s*(k8s\.io\/[a-z0-9-]+) v0\.0\.0$/gm)].map(([, name]) => name);
  return [...new Set(names)].map((name) => `\t${name} => ${name} v0.${KUBERNETES.slice(2)}`);
}

const [major, minor] = KUBERNETES.split('.');
const versionFlags = [`gitVersion=v${KUBERNETES}`, `gitMajor=${major}`, `gitMinor=${minor}`]
  .map((value) => `-X k8s.io/component-base/version.${value}`)
  .join(' ');

const HELM_PROGRAM = 'helm.sh/helm/v3/cmd/helm';
const CLI = 'k8s.io/component-base/cli';
const programs = {
  etcd: {
    imports: ['os', 'go.etcd.io/etcd/server/v3/etcdmain'],
    main: 'func main() { etcdmain.Main(os.Args) }',
  },
  'kube-apiserver': {
    imports: ['os', CLI, 'k8s.io/kubernetes/cmd/kube-apiserver/app'],
    main: 'func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }',
  },
  kubectl: {
    imports: ['os', CLI, 'k8s.io/kubectl/pkg/cmd'],
    main: 'func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }',
  },
};
const PROGRAM_IMPORTS = [HELM_PROGRAM, ...Object.values(programs).map(({ imports }) => imports.at(-1))];

/** One module for all of them: with the same versions of their libraries, these are compiled once. */
function ofKubernetes(name, version, path) {
  return cached(name, version, (work, binary) => {
    writeModule(work, {
      requirements: [
        `helm.sh/helm/v3 v${HELM}`,
        `k8s.io/kubernetes v${KUBERNETES}`,
        `go.etcd.io/etcd/server/v3 v${ETCD}`,
      ],
      replacements: stagingModules(),
      others: PROGRAM_IMPORTS,
      ...(programs[name] ?? programs.kubectl),
    });
    goBuild(work, binary, { path, ldflags: versionFlags });
  });
}

export const helm = () => ofKubernetes('helm', HELM, HELM_PROGRAM);
export const etcd = () => ofKubernetes('etcd', ETCD);
export const apiServer = () => ofKubernetes('kube-apiserver', KUBERNETES);

/** The machine's kubectl where it has one. */
export function kubectl() {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return 'kubectl';
  } catch {
    return ofKubernetes('kubectl', KUBERNETES);
  }
}

/** Files and folders with the definitions of the custom resources that the chart uses. */
export function definitions() {
  return DEFINITIONS.flatMap(({ module, version, paths }) => {
    const folder = moduleFolder(module, version);
    return paths.map((path) => join(folder, path));
  });
}
