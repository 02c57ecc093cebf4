import { describe, expect, it } from '@jest/globals';
import { flipRulesEnvironment, minimalEnvironment, telemetryEnvironment } from './environment.js';

describe('environment of a child', () => {
  it('passes on where programs and trust roots are, and no secret of the launcher', () => {
    const environment = minimalEnvironment({
      PATH: '/bin',
      HOME: '/home/a',
      AWS_SECRET_ACCESS_KEY: 'x',
      MODEL_SIGNING_KEY_HEX: 'x',
      NODE_OPTIONS: '--require x',
      LANG: undefined,
    });
    expect(environment).toEqual({ PATH: '/bin', HOME: '/home/a' });
  });

  it('passes on to services where their spans go, and no key', () => {
    expect(
      telemetryEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_SERVICE: undefined, KEY: 'k' }),
    ).toEqual({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c',
    });
  });

  it('passes on to the hub its rules by both of their names, and nothing beside them', () => {
    const rules = { ATTESTATION_FLIP_WINDOW_SEC: '60', SHERATAN_ATTESTATION_FLIP_THRESHOLD: '4' };
    expect(flipRulesEnvironment({ ...rules, ATTESTATION_FLIP_KEY: 'k', KEY: 'k' })).toEqual(rules);
  });
});
