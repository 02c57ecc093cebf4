import { AppError, meshUsers, nodeServices, permissionTemplate } from '@touchstone/contracts';
import { permissionsBlock } from './configuration.js';

/** Most nodes of gateways that one file of users is written for. */
export const MESH_NODES_MAX = 1_000;

/** The variable of the server's environment from which it takes the password of a user. */
export function passwordVariable(user: string): string {
  return `TOUCHSTONE_NATS_PASSWORD_${user.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/**
 * The users of the mesh as a part of a nats-server configuration, for `include` in the account that the mesh has. It holds no password:
 * the server takes them from its environment.
 *
 * @param nodes the nodes that gateways run on
 * @throws AppError `config-invalid` for a node whose name is none, for more than {@link MESH_NODES_MAX}, and for two whose
 * variables would be one
 */
export function natsUsersFile(nodes: readonly string[]): string {
  if (nodes.length > MESH_NODES_MAX)
    throw new AppError('config-invalid', `${nodes.length} nodes are more than ${MESH_NODES_MAX}.`);
  const taken = new Map<string, string>();
  const users = Object.entries(meshUsers(nodes)).map(([user, permissions]) => {
    const variable = passwordVariable(user);
    const other = taken.get(variable);
    if (other !== undefined)
      throw new AppError('config-invalid', `${other} and ${user} would share the variable ${variable}.`);
    taken.set(variable, user);
    // Not quoted, since the server looks up no variable in a text.
    const lines = [`"user": ${JSON.stringify(user)}`, `"password": $${variable}`];
    const block = JSON.stringify({ permissions: permissionsBlock(permissions) }, null, 2)
      .slice(1, -1)
      .trim();
    return `{\n  ${[...lines, block].join(',\n  ')}\n}`;
  });
  return `"users": [\n${users.join(',\n')}\n]\n`;
}

/**
 * The permissions of all nodes of a service as the template of a scoped signing key (NATS JWT authentication): the server puts the
 * name of each credential into it, which is that of the node.
 */
export function natsUserTemplates(): object {
  return Object.fromEntries(
    nodeServices.map((service) => {
      const { publish, subscribe } = permissionTemplate(service, '{{name()}}');
      return [service, { pub: { allow: publish }, sub: { allow: subscribe } }];
    }),
  );
}
