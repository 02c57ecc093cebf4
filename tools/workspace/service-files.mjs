/** The files of a new service, by path. `like` is the package of a service, for exact versions. */
export function serviceFiles(name, like) {
  const own = Object.entries(ownFiles(name, like)).map(([path, text]) => [`apps/${name}/${path}`, text]);
  return { ...Object.fromEntries(own), [`libs/contracts/src/http/${name}.ts`]: CONTRACT };
}

function ownFiles(name, like) {
  const schema = name.replaceAll('-', '_');
  const className = name.replace(/(^|-)([a-z0-9])/g, (_match, _hyphen, letter) => letter.toUpperCase());
  const migration = `${Date.now()}`;
  const values = { name, schema, className, migration };
  return {
    'package.json': packageFile(name, like),
    'tsconfig.json': json({
      files: [],
      references: references('./tsconfig.lib.json', './tsconfig.spec.json'),
    }),
    'tsconfig.lib.json': libConfig(),
    'tsconfig.spec.json': specConfig(),
    'README.md': fill(README, values),
    'src/main.ts': fill(MAIN, values),
    'src/service.ts': fill(SERVICE, values),
    'src/app.module.ts': fill(APP_MODULE, values),
    'src/config.ts': fill(CONFIG, values),
    [`src/persistence/migrations/${migration}-create-${name}.ts`]: fill(MIGRATION, values),
    [`src/transport/http/${name}.controller.ts`]: fill(CONTROLLER, values),
    'test/service.spec.ts': fill(SPEC, values),
  };
}

function fill(template, values) {
  return template.replace(/__(\w+?)__/g, (_match, key) => values[key]);
}

function packageFile(name, { version, license, dependencies, devDependencies }) {
  const needed = ['@nestjs/common', 'typeorm', 'zod'];
  const own = ['contracts', 'platform', 'postgres', 'service'].map((library) => `@touchstone/${library}`);
  const pick = (names, from) => Object.fromEntries(names.sort().map((key) => [key, from[key]]));
  return json({
    name: `@touchstone/${name}`,
    version,
    private: true,
    description: `The service ${name}.`,
    license,
    type: 'module',
    nx: { tags: ['type:app', 'scope:shared'] },
    dependencies: pick([...needed, ...own], dependencies),
    devDependencies: pick(['@touchstone/testing'], devDependencies),
  });
}

const LIBRARIES = ['contracts', 'nats', 'platform', 'postgres', 'service'];

function libraryReferences(...names) {
  return names.map((library) => `../../libs/${library}/tsconfig.lib.json`);
}

function references(...paths) {
  return paths.map((path) => ({ path }));
}

function libConfig() {
  return json({
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      rootDir: 'src',
      outDir: 'dist',
      tsBuildInfoFile: 'dist/tsconfig.lib.tsbuildinfo',
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
    include: ['src/**/*.ts'],
    exclude: ['src/**/*.spec.ts'],
    references: references(...libraryReferences(...LIBRARIES)),
  });
}

function specConfig() {
  return json({
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      rootDir: '.',
      outDir: 'dist-spec',
      tsBuildInfoFile: 'dist-spec/tsconfig.spec.tsbuildinfo',
      emitDeclarationOnly: true,
      types: ['node', 'jest'],
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
    include: ['src/**/*.spec.ts', 'test/**/*.ts'],
    references: references('./tsconfig.lib.json', ...libraryReferences(...LIBRARIES, 'testing')),
  });
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const README = `# __name__

What it does, in one sentence.

- Entry: \`src/service.ts\` (what it is made of), \`src/main.ts\` (the process)
- Configuration: [docs/reference/config.md](../../docs/reference/config.md)
- May import: core, contract and platform libraries; no other app

\`\`\`bash
node tools/jest.mjs quick --selectProjects __name__
\`\`\`
`;

const MAIN = `import { runService } from '@touchstone/platform/runtime';
import { service } from './service.js';

await runService(service);
`;

const SERVICE = `import { defineService } from '@touchstone/service';
import { appParts } from './app.module.js';
import { configSchema } from './config.js';
import { Create__className____migration__ } from './persistence/migrations/__migration__-create-__name__.js';

/** What it does, in one sentence. */
export const service = defineService({
  name: '__name__',
  configSchema,
  migrations: [Create__className____migration__],
  parts: appParts,
  openApi: { description: 'What it does, in one sentence.' },
});
`;

const APP_MODULE = `import type { ServiceParts } from '@touchstone/service';
import { __className__Controller } from './transport/http/__name__.controller.js';

/** Wires the service. */
export function appParts(): ServiceParts {
  return { controllers: [__className__Controller], providers: [] };
}
`;

const CONFIG = `import { databaseKeys, natsKeys, serviceKeys } from '@touchstone/platform/config';
import { z } from 'zod';

/** Configuration of the service. */
export const configSchema = z.object({
  ...serviceKeys('__name__'),
  ...natsKeys('__name__'),
  ...databaseKeys(),
});
`;

const MIGRATION = `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first table. */
export class Create__className____migration__ implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(\`
      CREATE TABLE __schema__.entry (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )\`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE __schema__.entry');
  }
}
`;

const CONTRACT = `import { z } from 'zod';

/** The answer of \`GET /v1/entries\`. */
export const entryCount = z.strictObject({ entries: z.number().int().nonnegative() });
export type EntryCount = z.infer<typeof entryCount>;
`;

const CONTROLLER = `import { Controller, Get, Inject } from '@nestjs/common';
import { entryCount, type EntryCount } from '@touchstone/contracts/http/__name__';
import { ApiRoute } from '@touchstone/platform/http';
import { withDatabase } from '@touchstone/postgres';
import { DataSource } from 'typeorm';

/** \`GET /v1/entries\`: how many entries there are. */
@Controller('v1/entries')
export class __className__Controller {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  @Get()
  @ApiRoute({ summary: 'Counts the entries.', response: entryCount, errors: ['dependency-unavailable'] })
  async count(): Promise<EntryCount> {
    const [row] = await withDatabase(() =>
      this.dataSource.query<{ entries: number }[]>('SELECT count(*)::int AS entries FROM __schema__.entry'),
    );
    return { entries: row?.entries ?? 0 };
  }
}
`;

const SPEC = `import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { entryCount } from '@touchstone/contracts/http/__name__';
import { ServiceFixture, surroundingsOf, type TestService } from '@touchstone/testing/service';
import type { configSchema } from '../src/config.js';
import { service } from '../src/service.js';

let fixture: ServiceFixture<typeof configSchema>;
let running: TestService;
beforeAll(async () => {
  fixture = new ServiceFixture(await surroundingsOf(service, {}));
  running = await fixture.start();
});
afterAll(() => fixture.close());

describe('__name__', () => {
  it('answers from its own schema', async () => {
    const answer = await running.get('/v1/entries');
    expect([answer.status, entryCount.parse(await answer.json())]).toEqual([200, { entries: 0 }]);
  });

  it('is ready, has figures and describes itself', async () => {
    expect((await fetch(\`\${running.healthUrl}/readyz\`)).status).toBe(200);
    expect(await running.metrics()).toContain('service="__name__"');
    const document = await running.json<{ paths: object }>('/openapi.json');
    expect(Object.keys(document.paths)).toContain('/v1/entries');
  });
});
`;
