import type { JsonObject } from './json.ts';

const TOO_OLD_CONTINUE =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';

/** A refusal, answered as a Kubernetes `Status` with the texts of kube-apiserver 1.37. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string | undefined;
  readonly details: JsonObject | undefined;
  readonly metadata: JsonObject;

  constructor(
    code: number,
    reason: string | undefined,
    message: string,
    details?: JsonObject,
    metadata: JsonObject = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.metadata = metadata;
  }

  get body(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    };
  }

  get headers(): Record<string, string> {
    const seconds = this.details?.retryAfterSeconds;
    return typeof seconds === 'number' ? { 'retry-after': String(seconds) } : {};
  }
}

const DEPLOYMENTS = { group: 'apps', kind: 'deployments' };

export const unauthorized = () => new StatusError(401, 'Unauthorized', 'Unauthorized');

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message);

/** An error that the API server did not expect. It has no reason. */
export const internalError = (message: string) => new StatusError(500, undefined, message);

export const deploymentNotFound = (name: string) =>
  new StatusError(404, 'NotFound', `deployments.apps "${name}" not found`, { name, ...DEPLOYMENTS });

export const namespaceNotFound = (name: string) =>
  new StatusError(404, 'NotFound', `namespaces "${name}" not found`, { name, kind: 'namespaces' });

export const resourceNotFound = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});

export const methodNotAllowed = () =>
  new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

export const alreadyExists = (name: string) =>
  new StatusError(409, 'AlreadyExists', `deployments.apps "${name}" already exists`, {
    name,
    ...DEPLOYMENTS,
  });

export const conflict = (name: string, why: string, kind = 'deployments') =>
  new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${kind}.apps "${name}": ${why}`, {
    name,
    group: 'apps',
    kind,
  });

export const modifiedConflict = (name: string) =>
  conflict(
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

/** An object that fails validation. `kind` and `group` may be empty, as they are for a broken patch. */
export function invalid(
  object: { kind?: string; group?: string; name?: string },
  field: string,
  why: string,
  reason = 'FieldValueInvalid',
): StatusError {
  const { kind = '', group = '', name = '' } = object;
  const details = {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes: [{ reason, message: why, field }],
  };
  const subject = group === '' ? kind : `${kind}.${group}`;
  return new StatusError(422, 'Invalid', `${subject} "${name}" is invalid: ${field}: ${why}`, details);
}

/** A parameter of a list or watch that is forbidden, alone or together with others. */
export const forbiddenOption = (field: string, why: string) =>
  invalid({ kind: 'ListOptions', group: 'meta.k8s.io' }, field, `Forbidden: ${why}`, 'FieldValueForbidden');

export const unsupportedMediaType = () =>
  new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});

export const tooLargeResourceVersion = (asked: number, current: number) =>
  new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

/** A watch from a version whose history has been forgotten. */
export const tooOldResourceVersion = (asked: number, oldest: number) =>
  new StatusError(410, 'Expired', `too old resource version: ${asked} (${oldest})`);

/** A continue token whose snapshot has expired. `token` continues at the same place in the current list. */
export const expiredContinue = (token: string) =>
  new StatusError(410, 'Expired', TOO_OLD_CONTINUE, undefined, token === '' ? {} : { continue: token });

/** The body that the API server sends with this status when it fails. */
export function statusOfCode(code: RefusalCode, retryAfterSeconds?: number): StatusError {
  const [reason, message] = REFUSALS[code];
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  return new StatusError(code, reason, message, details);
}

export type RefusalCode = keyof typeof REFUSALS;

const REFUSALS = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'deployments.apps is forbidden: User "demo" cannot access resource "deployments"'],
  404: ['NotFound', 'the server could not find the requested resource'],
  409: ['Conflict', 'Operation cannot be fulfilled on deployments.apps: the object has been modified'],
  410: ['Expired', 'The resourceVersion for the provided list is too old.'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  500: ['InternalError', 'Internal error occurred: etcdserver: leader changed'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within the allotted timeout'],
} as const;

/** The refusal of an admission webhook, without a reason, and with 400 unless the webhook gives another code. */
export const deniedByWebhook = (code: 400 | 403, message: string) =>
  new StatusError(
    code,
    undefined,
    `admission webhook "replicas.demo.example.com" denied the request: ${message}`,
  );

/** The refusal of a ValidatingAdmissionPolicy. */
export function deniedByPolicy(name: string, why: string): StatusError {
  const cause = `ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: ${why}`;
  const details = { name, ...DEPLOYMENTS, causes: [{ message: cause }] };
  return new StatusError(422, 'Invalid', `deployments.apps "${name}" is forbidden: ${cause}`, details);
}

/** The refusal by RBAC of a caller without the permission. */
export function forbidden(user: string, asked: AccessAttributes): StatusError {
  const resource = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const kind = asked.group === '' ? asked.resource : `${asked.resource}.${asked.group}`;
  const where = asked.namespace === '' ? 'at the cluster scope' : `in the namespace "${asked.namespace}"`;
  const subject = asked.name === '' ? kind : `${kind} "${asked.name}"`;
  return new StatusError(
    403,
    'Forbidden',
    `${subject} is forbidden: User "${user}" cannot ${asked.verb} resource "${resource}" in API group "${asked.group}" ${where}`,
    {
      ...(asked.name === '' ? {} : { name: asked.name }),
      ...(asked.group === '' ? {} : { group: asked.group }),
      kind: asked.resource,
    },
  );
}

/** The attributes of an access decision. An empty string means absent. */
export interface AccessAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}
