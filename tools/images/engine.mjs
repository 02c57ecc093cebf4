// What builds images: buildah, or docker where its daemon answers. Both take the same template.
import { spawnSync } from 'node:child_process';

const PULL_TIMEOUT_MS = 120_000;

/** Runs a program and returns its standard output. @throws Error with the end of what it wrote */
export function run(program, args, options = {}) {
  const { status, stdout, stderr, error, signal } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 67_108_864,
    ...options,
  });
  if (status === 0) return stdout.trim();
  const reason = error?.message ?? signal ?? `code ${status}`;
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-12).join('\n');
  throw new Error(`${program} ${args[0]} failed (${reason}):\n${said}`);
}

const answers = (program, args) =>
  spawnSync(program, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;

const given = (values) =>
  Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);

/** Images by buildah, which needs no daemon. */
const buildah = {
  name: 'buildah',
  isThere: () => answers('buildah', ['--version']),
  has: (image) => answers('buildah', ['inspect', '--type', 'image', image]),
  pull: (image) => answers('buildah', ['pull', '--quiet', image]),
  importTree(folder, image) {
    const container = run('buildah', ['from', 'scratch']);
    try {
      run('buildah', ['add', '--quiet', container, folder, '/']);
      run('buildah', [
        'config',
        '--env',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        container,
      ]);
      run('buildah', ['commit', '--quiet', container, image]);
    } finally {
      run('buildah', ['rm', container]);
    }
  },
  build({ context, file, image, args }) {
    // One moment for every file and for the image, so that the same inputs give the same layers.
    const fixed = [
      '--timestamp',
      '0',
      '--format',
      'oci',
      '--isolation',
      'chroot',
      '--quiet',
      '--layers=false',
    ];
    run('buildah', ['bud', ...fixed, '--pull-never', '-f', file, '-t', image, ...given(args), context]);
  },
  tag: (image, other) => run('buildah', ['tag', image, other]),
  layersOf(image) {
    const { OCIv1 } = JSON.parse(run('buildah', ['inspect', '--type', 'image', image]));
    return OCIv1.rootfs.diff_ids;
  },
  /** What a container of the image starts with: `{ Env, User, Entrypoint, WorkingDir }` (OCI image specification, config). */
  configOf: (image) => JSON.parse(run('buildah', ['inspect', '--type', 'image', image])).OCIv1.config,
  /** The root file system, to be read only; `release` gives it back. */
  mount(image) {
    const container = run('buildah', ['from', '--pull-never', image]);
    return {
      folder: run('buildah', ['mount', container]),
      release: () => void run('buildah', ['rm', container]),
    };
  },
};

/** Images by Docker with BuildKit. */
const docker = {
  name: 'docker',
  isThere: () => answers('docker', ['info']),
  has: (image) => answers('docker', ['image', 'inspect', image]),
  pull: (image) =>
    spawnSync('docker', ['pull', '--quiet', image], { stdio: 'ignore', timeout: PULL_TIMEOUT_MS }).status ===
    0,
  importTree(folder, image) {
    const tar = spawnSync('sh', ['-c', 'tar -C "$1" -c . | docker import - "$2"', 'sh', folder, image], {
      encoding: 'utf8',
    });
    if (tar.status !== 0) throw new Error(`docker import failed: ${tar.stderr}`);
  },
  build({ context, file, image, args }) {
    const fixed = ['--build-arg', 'SOURCE_DATE_EPOCH=0', '--quiet'];
    run('docker', ['build', ...fixed, '-f', file, '-t', image, ...given(args), context], {
      env: { ...process.env, DOCKER_BUILDKIT: '1', SOURCE_DATE_EPOCH: '0' },
    });
  },
  tag: (image, other) => run('docker', ['tag', image, other]),
  layersOf: (image) =>
    JSON.parse(run('docker', ['image', 'inspect', '--format', '{{json .RootFS.Layers}}', image])),
};

const engines = [buildah, docker];

/** The engine of a name, or the one that is there. @throws Error that says what to install */
export function findEngine(name) {
  const engine = engines.find((one) => (name === undefined || one.name === name) && one.isThere());
  if (engine) return engine;
  throw new Error(
    name === undefined
      ? 'Neither buildah nor a running docker is here: install buildah (apt-get install buildah), or start Docker.'
      : `${name} is not here or does not run; --engine takes ${engines.map((one) => one.name).join(' or ')}.`,
  );
}
