import type { AccessAttributes } from './status.ts';

/** A user that the cluster knows, or `system:anonymous`. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** A Role together with its binding. `*` means all verbs or resources. */
export interface Role {
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
  readonly verbs: readonly string[];
  /** With the subresource: `deployments`, `deployments/scale`. */
  readonly resources: readonly string[];
  /** Default: all namespaces and the cluster scope. */
  readonly namespaces?: readonly string[];
  /** Default: all names. A list never matches a name, as in RBAC. */
  readonly resourceNames?: readonly string[];
}

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The account of `kubeconfig`. */
export const SERVICE_USER: User = {
  name: 'system:serviceaccount:k8s-deployment-scaler:k8s-deployment-scaler',
  groups: ['system:serviceaccounts', 'system:authenticated'],
};

const EVERYTHING: Role = { users: [SERVICE_USER.name], verbs: ['*'], resources: ['*'] };

/** The roles that decide about access. At first the account of the service may do everything, and others nothing. */
export class Roles {
  #roles: Role[] = [EVERYTHING];
  readonly #withdrawn = new Set<Role>();

  /** Adds one role. */
  allow(role: Role): void {
    this.#roles.push(role);
  }

  /** Replaces all roles, including that of the account of the service. */
  set(roles: readonly Role[]): void {
    this.#roles = [...roles];
  }

  /**
   * Takes rights from users, whatever other roles allow, until the returned function is called. RBAC has no such
   * refusals, but a test need not know all other rights of the account.
   */
  withdraw(role: Role): () => void {
    this.#withdrawn.add(role);
    return () => this.#withdrawn.delete(role);
  }

  /** Restores the initial roles. */
  reset(): void {
    this.#roles = [EVERYTHING];
    this.#withdrawn.clear();
  }

  /** Whether a role allows the request, and the reason that RBAC would give. */
  decide(user: User, asked: AccessAttributes): { allowed: boolean; reason?: string } {
    if ([...this.#withdrawn].some((role) => applies(role, user) && covers(role, asked))) {
      return { allowed: false };
    }
    const index = this.#roles.findIndex((role) => applies(role, user) && covers(role, asked));
    if (index < 0) return { allowed: false };
    const name = `demo-${index}`;
    return {
      allowed: true,
      reason: `RBAC: allowed by ClusterRoleBinding "${name}" of ClusterRole "${name}" to User "${user.name}"`,
    };
  }
}

function applies(role: Role, user: User): boolean {
  return (
    (role.users ?? []).includes(user.name) || user.groups.some((group) => (role.groups ?? []).includes(group))
  );
}

function covers(role: Role, asked: AccessAttributes): boolean {
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  return (
    holds(role.verbs, asked.verb) &&
    holds(role.resources, resource) &&
    (role.namespaces === undefined || role.namespaces.includes(asked.namespace)) &&
    (role.resourceNames === undefined || role.resourceNames.includes(asked.name))
  );
}

const holds = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);
