import { describe, expect, it } from '@jest/globals';
import { serviceNames, services } from './services.js';

/** Ports above 1023 that fetch refuses (WHATWG fetch, "bad port"). */
const REFUSED_BY_FETCH = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
];

describe('services', () => {
  it('have ports that no other service has and that fetch does not refuse', () => {
    const ports = serviceNames.flatMap((name) => [
      services[name].http,
      services[name].grpc,
      services[name].health,
    ]);
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports.filter((port) => REFUSED_BY_FETCH.includes(port))).toEqual([]);
  });

  it('have a database schema of their own', () => {
    expect(new Set(serviceNames.map((name) => services[name].schema)).size).toBe(serviceNames.length);
  });
});
