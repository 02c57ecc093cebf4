import { describe, expect, it } from '@jest/globals';
import { touchstone } from './support/touchstone.js';

describe('touchstone mesh users', () => {
  it('prints a user for each node of a gateway and for every other service, without a password', async () => {
    const { status, stdout, stderr } = await touchstone(['mesh', 'users', '--node', 'a', '--node', 'b']);
    expect([status, stderr]).toEqual([0, '']);
    const users = [...stdout.matchAll(/^ {2}"user": "(.*)",\n {2}"password": (.*),$/gm)].map(
      ([, user, password]) => [user, password],
    );
    expect(users).toContainEqual(['inference-gateway.a', '$TOUCHSTONE_NATS_PASSWORD_INFERENCE_GATEWAY_A']);
    expect(users).toContainEqual(['signer', '$TOUCHSTONE_NATS_PASSWORD_SIGNER']);
    expect(stdout).toContain('"svc.v1.signer.sign-output.inference-gateway.b"');
    expect(stdout).not.toContain('"inference-gateway"');
  });

  it('prints the template of the permissions of all nodes', async () => {
    const { status, stdout } = await touchstone(['mesh', 'users', '--template']);
    expect(status).toBe(0);
    const template = JSON.parse(stdout) as { 'inference-gateway': { pub: { allow: string[] } } };
    expect(template['inference-gateway'].pub.allow).toContain(
      'svc.v1.signer.sign-output.inference-gateway.{{name()}}',
    );
  });

  it.each([
    [[], 2, '--node'],
    [['--template', '--node', 'a'], 2, '--node'],
    [['--node', 'gpu.example.com'], 5, 'name of its node'],
    [['--node', 'a-b', '--node', 'a_b'], 5, 'share'],
  ])('%j ends with %i', async (options, status, message) => {
    const ended = await touchstone(['mesh', 'users', ...options]);
    expect([ended.status, ended.stdout]).toEqual([status, '']);
    expect(ended.stderr).toContain(message);
  });
});
