// Builds the images: node tools/images.mjs [--only NAME …] [--tag TAG] [--registry PREFIX] [--base NAME[@sha256:…]]
//   [--engine buildah|docker] [--out FOLDER] [--bundles FOLDER] [--no-try] [--json]
// Lays out each image below FOLDER (.images), builds it from deploy/docker/Dockerfile, and tries the set of them: see images/try.mjs.
// With --bundles the bundle of a service comes from FOLDER/<service>, for another version of its program. Build first: npm run build. Trying needs root, Linux and buildah.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Claims } from './claims.mjs';
import { assemble } from './images/assemble.mjs';
import { BASE_DEFAULT, prepareBase } from './images/base.mjs';
import { findEngine } from './images/engine.mjs';
import { Lock } from './images/lock.mjs';
import { images } from './images/programs.mjs';
import { tryImages } from './images/try.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };
/** Bytes beyond the base; what an image may hold. */
const IMAGE_BYTES_MAX = { 'inference-gateway': 250e6, default: 150e6 };

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      tag: { type: 'string', default: version },
      registry: { type: 'string', default: 'touchstone' },
      base: { type: 'string', default: BASE_DEFAULT },
      engine: { type: 'string' },
      out: { type: 'string', default: join(root, '.images') },
      bundles: { type: 'string' },
      'no-try': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  for (const name of values.only ?? [])
    if (!images.some((image) => image.name === name))
      throw new Error(`There is no image ${name}: ${images.map((image) => image.name).join(', ')}.`);
  return { ...values, out: resolve(values.out) };
}

const say = (text) => process.stderr.write(`images: ${text}\n`);

function revisionOf() {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** Under the hash of all that goes into it an image stays, so that another tag of the same is no other build. */
function buildOnce(engine, name, { context, file, args }) {
  const inputs = JSON.stringify([args, readFileSync(file, 'utf8'), engine.layersOf(args.BASE)]);
  const hash = createHash('sha256').update(inputs).digest('hex');
  const kept = `${name.slice(0, name.lastIndexOf(':'))}:of-${hash.slice(0, 32)}`;
  if (engine.has(kept)) return engine.tag(kept, name);
  engine.build({ context, file, image: kept, args });
  engine.tag(kept, name);
}

async function attempt(engine, built) {
  const claims = new Claims('images');
  await tryImages({ root, engine, built, check: claims.check });
  claims.finish();
}

async function main() {
  const { only, tag, registry, base, engine: wanted, out, bundles, json, 'no-try': untried } = readOptions();
  const architecture = ARCHITECTURES[process.arch];
  const engine = findEngine(wanted);
  const tries = !untried && only === undefined;
  if (tries && (engine.mount === undefined || process.getuid?.() !== 0))
    throw new Error('Trying the images needs buildah, Linux and root; build them only with --no-try.');
  if (architecture === undefined)
    throw new Error(
      `Images are built for ${Object.keys(ARCHITECTURES).join(' and ')}, not for ${process.arch}.`,
    );
  say(`base ${base}: ${prepareBase(engine, base)}; built by ${engine.name}`);
  mkdirSync(out, { recursive: true });
  const lock = new Lock(root);
  const built = [];
  for (const image of images.filter(({ name }) => only === undefined || only.includes(name))) {
    const folder = join(out, image.name);
    const laid = assemble({
      root,
      lock,
      image,
      bundles,
      out: folder,
      architecture,
      version,
      node: process.versions.node,
    });
    const most = IMAGE_BYTES_MAX[image.name] ?? IMAGE_BYTES_MAX.default;
    if (laid.bytes > most)
      throw new Error(`${image.name} has ${laid.bytes} bytes beyond its base, at most ${most} are allowed.`);
    const name = `${registry}/${image.name}:${tag}`;
    const args = {
      ...{ IMAGE: image.name, BUILD_HASH: laid.hash, VERSION: version, REVISION: revisionOf() },
      ...{
        TITLE: image.title,
        LICENCES: image.licences ?? 'Apache-2.0',
        BASE: base,
        BASE_DIGEST: base.split('@')[1] ?? '',
      },
    };
    buildOnce(engine, name, { context: out, file: join(root, 'deploy/docker/Dockerfile'), args });
    const layer = engine.layersOf(name).at(-1);
    built.push({ name: image.name, image: name, buildHash: laid.hash, bytes: laid.bytes, layer });
    say(
      `${name}  ${(laid.bytes / 1e6).toFixed(1)} MB beyond the base, build ${laid.hash.slice(0, 12)}, layer ${layer.slice(7, 19)}`,
    );
  }
  if (tries) await attempt(engine, built);
  if (json)
    process.stdout.write(`${JSON.stringify({ base, engine: engine.name, images: built }, null, 2)}\n`);
}

try {
  await main();
} catch (error) {
  say(error.message);
  process.exit(1);
}
