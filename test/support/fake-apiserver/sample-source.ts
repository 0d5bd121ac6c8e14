import type { JsonObject } from './json.ts';
import type { DeploymentRecord, DeploymentSource, Marks } from './store.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The defaults that the API server adds to the spec of a client. */
export const SPEC_DEFAULTS: JsonObject = {
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
  revisionHistoryLimit: 10,
  progressDeadlineSeconds: 600,
};

/** Stand for the name and the namespace of a Deployment in what samples share. */
export const NAME = '@name@';
export const NAMESPACE = '@namespace@';

type Named = Pick<DeploymentRecord, 'namespace' | 'name'>;

/** A text with the name and the namespace of a Deployment. */
export function filled(text: string, { name, namespace }: Named): string {
  return text.replaceAll(NAME, name).replaceAll(NAMESPACE, namespace);
}

/** The annotation of a client-side `kubectl apply`. Without a count the manifest leaves it to others. */
export function lastApplied({ name, namespace }: Named, replicas?: number): JsonObject {
  const labels = labelsOf({ name, namespace });
  const selector = selectorOf(name);
  const applied = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { annotations: {}, labels, name, namespace },
    spec: { replicas, selector, template: { metadata: { labels } } },
  };
  return { [LAST_APPLIED]: `${JSON.stringify(applied)}\n` };
}

/**
 * A Deployment as the pipeline of a team would apply it: a web service with probes, limits and settings. Its manifest
 * has no count.
 */
export function sampleSource(record: Named, marks: Marks = {}): DeploymentSource {
  const { name, namespace } = record;
  const labels = labelsOf(record);
  const template = podTemplate(name, namespace, labels);
  const annotations = { 'deployment.kubernetes.io/revision': '4', ...lastApplied(record) };
  const own: Marks = JSON.parse(filled(JSON.stringify(marks), record));
  return { labels, annotations, ...own, spec: { selector: selectorOf(name), template, ...SPEC_DEFAULTS } };
}

function labelsOf({ name, namespace }: Named): JsonObject {
  return {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/part-of': namespace,
    'app.kubernetes.io/managed-by': 'kubectl',
    'app.kubernetes.io/version': '1.14.2',
    team: `team-${namespace}`,
  };
}

const selectorOf = (name: string): JsonObject => ({ matchLabels: { 'app.kubernetes.io/name': name } });

function podTemplate(name: string, namespace: string, labels: JsonObject): JsonObject {
  const probe = (path: string, delay: number) => ({
    httpGet: { path, port: 'http', scheme: 'HTTP' },
    initialDelaySeconds: delay,
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  const setting = (env: string, key: string) => ({
    name: env,
    valueFrom: { configMapKeyRef: { name: `${name}-config`, key } },
  });
  return {
    metadata: {
      labels,
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9090' },
    },
    spec: {
      containers: [
        {
          name,
          image: `registry.example.com/${namespace}/${name}:1.14.2`,
          ports: [
            { name: 'http', containerPort: 8080, protocol: 'TCP' },
            { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
          ],
          env: [
            { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
            setting('LOG_LEVEL', 'logLevel'),
            setting('DATABASE_URL', 'databaseUrl'),
            setting('CACHE_URL', 'cacheUrl'),
            setting('FEATURES', 'features'),
          ],
          resources: { limits: { cpu: '500m', memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
          livenessProbe: probe('/livez', 10),
          readinessProbe: probe('/readyz', 5),
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
          securityContext: {
            capabilities: { drop: ['ALL'] },
            runAsNonRoot: true,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
          },
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: name,
      serviceAccount: name,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      schedulerName: 'default-scheduler',
    },
  };
}
