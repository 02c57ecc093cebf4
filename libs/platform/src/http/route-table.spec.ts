import { describe, expect, it } from '@jest/globals';
import { RouteTable } from './route-table.js';

const nothing = () => undefined;

/** A table of routes written as `METHOD /path`. */
function tableOf(...routes: readonly string[]): RouteTable {
  const table = new RouteTable();
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ');
    table.add({ method, path, handler: nothing, mediaTypes: [] });
  }
  return table;
}

const nodes = tableOf(
  'GET /v1/nodes',
  'GET /v1/nodes/:id',
  'DELETE /v1/nodes/:name',
  'POST /v1/nodes/heartbeat',
  'GET /v1/nodes/:id/keys',
  'GET /v1/:kind/all/keys',
  'GET /',
);

describe('RouteTable', () => {
  it.each([
    ['/v1/nodes', '/v1/nodes'],
    ['/v1/nodes/', '/v1/nodes'],
    ['/V1/Nodes', '/v1/nodes'],
    ['/v1/nodes/a', '/v1/nodes/:id'],
    ['/v1/nodes/a/', '/v1/nodes/:id'],
    ['/v1/nodes/a/keys', '/v1/nodes/:id/keys'],
    ['/v1/nodes/all/keys', '/v1/nodes/:id/keys'],
    ['/v1/others/all/keys', '/v1/:kind/all/keys'],
    ['/', '/'],
  ])('finds for %s the pattern %s', (path, pattern) => {
    expect(nodes.find(path)?.find('GET')?.path).toBe(pattern);
  });

  it.each([
    ...['*', '//', '/v1', '/v1/nodes//', '//v1/nodes', '/v1//nodes', '/v1/nodes//keys', '/v1/nodes/a//'],
    ...[
      '/v1/nodes/a/b',
      '/v1/nodes/a/keys/b',
      '/v1/n%6fdes',
      '/v1%2Fnodes',
      '/v1/others/a/keys',
      '/v2/nodes',
    ],
  ])('finds nothing for %s', (path) => {
    expect(nodes.find(path)).toBeUndefined();
  });

  it('takes a word that a pattern spells out for no parameter, whatever methods it has', () => {
    const entry = nodes.find('/v1/nodes/HEARTBEAT');
    expect(entry?.allow).toBe('OPTIONS, POST');
    expect(entry?.find('GET')).toBeUndefined();
  });

  it('names the methods of a path, sorted, HEAD with GET and OPTIONS always', () => {
    expect(nodes.find('/v1/nodes/a')?.allow).toBe('DELETE, GET, HEAD, OPTIONS');
  });

  it('decodes each parameter once, by the name that its own route gives it', () => {
    const entry = nodes.find('/v1/nodes/a%2Fb%2541');
    expect(entry?.find('HEAD')?.parametersOf('/v1/nodes/a%2Fb%2541')).toEqual({ id: 'a/b%41' });
    expect(entry?.find('DELETE')?.parametersOf('/v1/nodes/x/')).toEqual({ name: 'x' });
    expect(nodes.find('/v1/nodes')?.find('GET')?.parametersOf('/v1/nodes')).toEqual({});
  });

  it('tells which methods pages of other origins may use', () => {
    const table = new RouteTable();
    const route = { path: '/things', handler: nothing, mediaTypes: [] };
    table.add({ ...route, method: 'POST', public: true });
    table.add({ ...route, method: 'DELETE' });
    table.add({ ...route, method: 'GET', public: true });
    expect(table.find('/things')?.publicMethods).toEqual(['GET', 'HEAD', 'POST']);
  });

  it('takes JSON for acceptable where an answer is made of it', () => {
    const table = new RouteTable();
    const type = 'application/vnd.x+json;version=1';
    table.add({ method: 'GET', path: '/a', handler: nothing, mediaTypes: [type] });
    table.add({ method: 'GET', path: '/b', handler: nothing, mediaTypes: ['text/csv'] });
    expect(table.find('/a')?.find('GET')?.acceptable).toEqual([type, 'application/json']);
    expect(table.find('/b')?.find('GET')?.acceptable).toEqual(['text/csv']);
  });

  it.each(['/a/*', '/a/{*rest}', '/a/x-:id', '/a/:id.json', '/a//b', '/a/', '/a/(b)', '/a/:'])(
    'refuses the pattern %s, which it could not find',
    (path) => {
      expect(() => tableOf(`GET ${path}`)).toThrow('neither text nor a parameter');
    },
  );

  it('refuses a second handler for the same method and path', () => {
    expect(() => tableOf('GET /a/:id', 'GET /A/:name')).toThrow('Two handlers answer GET /A/:name.');
  });
});
