import type { Roles, User } from './access.ts';
import { isObject, type JsonObject, objectAt, stringAt } from './json.ts';
import { invalid } from './status.ts';

const GROUP = { group: 'authorization.k8s.io' };

/**
 * Answers a SelfSubjectAccessReview (about `caller`) or a SubjectAccessReview (about the user that it names).
 * @throws StatusError 422
 */
export function review(roles: Roles, caller: User, self: boolean, body: JsonObject): JsonObject {
  const spec = objectAt(body, 'spec');
  const attributes = spec.resourceAttributes;
  if (isObject(attributes) === isObject(spec.nonResourceAttributes)) {
    throw invalid(
      GROUP,
      'spec',
      'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  }
  const user = self ? caller : subjectOf(spec);
  const asked = isObject(attributes) ? attributes : {};
  const decision = roles.decide(user, {
    verb: stringAt(asked, 'verb'),
    group: stringAt(asked, 'group'),
    resource: stringAt(asked, 'resource'),
    subresource: stringAt(asked, 'subresource'),
    namespace: stringAt(asked, 'namespace'),
    name: stringAt(asked, 'name'),
  });
  return {
    kind: self ? 'SelfSubjectAccessReview' : 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: decision,
  };
}

function subjectOf(spec: JsonObject): User {
  const name = stringAt(spec, 'user');
  const groups = Array.isArray(spec.groups) ? spec.groups.filter((group) => typeof group === 'string') : [];
  if (name === '' && groups.length === 0) {
    throw invalid(GROUP, 'spec.user', 'Invalid value: "": at least one of user or group must be specified');
  }
  return { name, groups };
}
