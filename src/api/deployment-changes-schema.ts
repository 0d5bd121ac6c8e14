import { type Static, Type } from 'typebox';
import { changeFields } from './deployment-state-schema.ts';

/** The schemas of what GET /deployments/{namespace}/{deployment}/changes answers. */

const Change = Type.Object(
  {
    ...changeFields,
    operation: Type.Optional(
      Type.Enum(['Apply', 'Update'], {
        type: 'string',
        description: 'How that manager wrote it; absent if Kubernetes did not note it',
      }),
    ),
    subresource: Type.Optional(
      Type.Literal('scale', { description: 'Absent if the Deployment itself was written' }),
    ),
    resourceVersion: Type.Optional(
      Type.String({
        description:
          'Of the Deployment, right after the change; absent if that was before the service started',
        examples: ['48151623'],
      }),
    ),
    overrode: Type.Optional(
      Type.Literal(true, {
        description: 'Somebody else made it within 5 minutes after the service had set the count',
      }),
    ),
  },
  { title: 'Change', additionalProperties: false },
);

export const DeploymentChangesSchema = Type.Object(
  {
    changes: Type.Array(Change, { description: 'Newest first', maxItems: 20 }),
    truncated: Type.Boolean({ description: 'Whether older ones were dropped' }),
  },
  { title: 'DeploymentChanges', additionalProperties: false },
);

/** An example for the document. */
export const exampleChanges: Static<typeof DeploymentChangesSchema> = {
  changes: [
    {
      at: '2026-11-29T12:00:09.000Z',
      from: 8,
      to: 4,
      manager: 'kube-controller-manager',
      operation: 'Update',
      subresource: 'scale',
      resourceVersion: '48151640',
      overrode: true,
    },
    {
      at: '2026-11-29T12:00:00.000Z',
      from: 3,
      to: 8,
      manager: 'k8s-deployment-scaler',
      user: 'alice',
      operation: 'Apply',
      subresource: 'scale',
      resourceVersion: '48151623',
    },
  ],
  truncated: false,
};
