import { mayGetScale, type Who } from '../../support/integration/rbac.ts';
import { type KubeApiserver, startKubeApiserver } from '../../support/kube-apiserver.ts';
import { at, KubeRequests } from '../../support/kube-requests.ts';
import { Ledger } from './ledger.ts';

/** The namespaces, and the first number of those Deployments that nobody writes. */
const NAMESPACES = 5;
const FIXED_EACH = 20;
export const FIXED_REPLICAS = 2;
const COUNTED = 8;
const PARKED = 10;
export const ROLLOUTS = 4;
/** A tenth of the fixed Deployments have each value of the label `tenth`. */
export const TENTHS = 10;
/** How often somebody else changes a Deployment of its own directly at the API server. */
const CHURN_MS = 100;
const CHURNED = 30;
/** What fills the bounded stores of the service before memory is measured: the ring of events, the journal. */
const WARMING_CHANGES = 8_000;

export const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ACCOUNT = 'soak-service';
/** The account's right to ask for access reviews, apart from its others, so that it can be withdrawn alone. */
const REVIEWS = 'soak-service-reviews';

export const namespace = (number: number) => `soak-${number}`;
export const apps = (ns: string) => `/apis/apps/v1/namespaces/${ns}/deployments`;

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The rights of the service's account, as the chart gives them, without access reviews. */
const ACCOUNT_RULES: readonly Rule[] = [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['list', 'watch'] },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
];
const REVIEW_RULES: readonly Rule[] = [
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];
const CLIENT_RULES: readonly Rule[] = [
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'deployments/scale'],
    verbs: ['get', 'list', 'patch'],
  },
];
const VIEWER_RULES: readonly Rule[] = [
  { apiGroups: ['apps'], resources: ['deployments', 'deployments/scale'], verbs: ['get', 'list'] },
];

/** A real control plane, the Deployments in it, and those who change them without the service. */
export class SoakedCluster {
  readonly apiserver: KubeApiserver;
  readonly kube: KubeRequests;
  /** Deployments whose counts only the writers of the soak set. */
  readonly counted: readonly Ledger[];
  readonly parked: readonly Ledger[];
  /** Changed at the API server only, never through the service. */
  readonly foreign: Ledger;
  /** All Deployments that always exist, as `namespace/name`. */
  readonly fixed: readonly string[];
  #churn: NodeJS.Timeout | undefined;
  #churning = false;
  #number = 0;
  #changes = 0;

  private constructor(apiserver: KubeApiserver, kube: KubeRequests) {
    this.apiserver = apiserver;
    this.kube = kube;
    const now = performance.now();
    const ledger = (ns: string, name: string) => new Ledger(ns, name, 1, now);
    this.counted = numbers(COUNTED).map((n) => ledger(namespace(n % 4), `counted-${n}`));
    this.parked = numbers(PARKED).map((n) => ledger('soak-parked', `parked-${n}`));
    this.foreign = ledger(namespace(0), 'foreign');
    this.fixed = numbers(NAMESPACES * FIXED_EACH).map((n) => `${namespace(n % NAMESPACES)}/fixed-${n}`);
  }

  static async start(): Promise<SoakedCluster> {
    const apiserver = await startKubeApiserver();
    const { url, ca, admin } = apiserver;
    const kube = new KubeRequests({ url, ca, cert: admin.cert, key: admin.key });
    const cluster = new SoakedCluster(apiserver, kube);
    try {
      await cluster.#fill();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Changes made without the service since the start. */
  get changes(): number {
    return this.#changes;
  }

  /** A kubeconfig with a new certificate for the account of the service. */
  newCredentials(): Promise<string> {
    return this.apiserver.kubeconfigFor(ACCOUNT);
  }

  /** Starts to create, change and delete Deployments of its own, ten times a second. */
  startChurn(): void {
    this.#churn = setInterval(async () => {
      if (this.#churning) return;
      this.#churning = true;
      await this.#change().catch(() => {}); // the API server is down
      this.#churning = false;
    }, CHURN_MS);
  }

  /** Ends the churn, and resolves once its last change has been answered. */
  async stopChurn(): Promise<void> {
    clearInterval(this.#churn);
    while (this.#churning) await new Promise((resolve) => setTimeout(resolve, CHURN_MS));
  }

  /** Gives Deployments more changes than the service remembers. */
  async warm(): Promise<void> {
    for (let n = 0; n < WARMING_CHANGES; n += 10)
      await Promise.all(numbers(10).map((k) => this.#must('PATCH', scaleOf('churned', k), count(n % 7))));
    this.#changes += WARMING_CHANGES;
  }

  /** Changes the count of `foreign` as somebody else would, and returns it. @throws Error if the API server does not */
  async setForeign(): Promise<number> {
    const value = this.foreign.value + 1;
    const write = this.foreign.sends(value, performance.now());
    await this.#must('PATCH', `${apps(this.foreign.namespace)}/foreign/scale`, count(value));
    write.made(performance.now());
    return value;
  }

  /** The count in the API server. */
  async countOf({ namespace: ns, name }: Pick<Ledger, 'namespace' | 'name'>): Promise<number> {
    const { body } = await this.#must('GET', `${apps(ns)}/${name}`);
    return Number(at(body, 'spec.replicas'));
  }

  /** What a controller and a kubelet would do: all replicas of the present template are available. */
  async rollOut(name: string): Promise<void> {
    const path = `${apps('soak-rollouts')}/${name}`;
    const { body } = await this.#must('GET', path);
    const replicas = Number(at(body, 'spec.replicas'));
    const observedGeneration = at(body, 'metadata.generation');
    const status = {
      observedGeneration,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    };
    await this.#must('PATCH', `${path}/status`, { status });
  }

  async withdraw(role: string): Promise<void> {
    await this.#must('DELETE', `${RBAC}/clusterrolebindings/${role}`);
  }

  /** Gives a user rights in all namespaces. */
  async grant(user: string, role: string): Promise<void> {
    await this.#must('POST', `${RBAC}/clusterrolebindings`, binding(user, role));
  }

  withdrawReviews = () => this.withdraw(REVIEWS);
  grantReviews = () => this.grant(ACCOUNT, REVIEWS);

  /** Whether the API server itself would let this user read counts. */
  lets(who: Who): Promise<boolean> {
    return mayGetScale(this.kube, who, namespace(0), 'foreign');
  }

  async stop(): Promise<void> {
    await this.stopChurn();
    await this.kube.close();
    await this.apiserver.stop();
  }

  async #fill(): Promise<void> {
    for (const ns of [...numbers(NAMESPACES).map(namespace), 'soak-parked', 'soak-rollouts', 'soak-churn'])
      await this.#must('POST', '/api/v1/namespaces', { metadata: { name: ns } });
    const roles: readonly (readonly [user: string, role: string, rules: readonly Rule[]])[] = [
      [ACCOUNT, ACCOUNT, ACCOUNT_RULES],
      [ACCOUNT, REVIEWS, REVIEW_RULES],
      ['operator', 'soak-operator', CLIENT_RULES],
      ['guest', 'soak-guest', CLIENT_RULES],
      ['revocable', 'soak-revocable', CLIENT_RULES],
      ['viewer', 'soak-viewer', VIEWER_RULES],
    ];
    for (const [user, role, rules] of roles) {
      await this.#must('POST', `${RBAC}/clusterroles`, { metadata: { name: role }, rules });
      await this.grant(user, role);
    }
    // This one may work in one namespace only.
    const [ns, user] = [namespace(1), 'tenant'];
    await this.#must(
      'POST',
      `${RBAC}/namespaces/${ns}/rolebindings`,
      binding(user, 'soak-operator', 'tenant'),
    );
    for (const each of [...this.counted, ...this.parked, this.foreign])
      await this.#create(each.namespace, each.name, 1);
    for (const [index, path] of this.fixed.entries()) {
      const [inNamespace = '', name = ''] = path.split('/');
      await this.#create(inNamespace, name, FIXED_REPLICAS, { tenth: `t${index % TENTHS}` });
    }
    for (const n of numbers(ROLLOUTS)) await this.#create('soak-rollouts', `rollout-${n}`, 1);
    for (const n of numbers(10)) await this.#create('soak-churn', `churned-${n}`, 1);
  }

  async #change(): Promise<void> {
    const n = this.#number;
    this.#number += 1;
    const each = n % CHURNED;
    const name = `passing-${each}`;
    const round = Math.floor(n / CHURNED) % 4;
    this.#changes += 1;
    if (round === 0) await this.#create('soak-churn', name, 1, { round: String(each) });
    else if (round === 3) await this.#must('DELETE', `${apps('soak-churn')}/${name}`);
    else await this.#must('PATCH', scaleOf('passing', each), count(n % 9));
  }

  async #create(ns: string, name: string, replicas: number, labels: Record<string, string> = {}) {
    const app = { app: name };
    await this.#must('POST', apps(ns), {
      metadata: { name, labels: { ...app, ...labels } },
      spec: {
        replicas,
        selector: { matchLabels: app },
        template: { metadata: { labels: app }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
      },
    });
  }

  async #must(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await this.kube.send(method, path, body, { 'content-type': type });
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

const count = (replicas: number) => ({ spec: { replicas } });
const scaleOf = (kind: string, number: number) => `${apps('soak-churn')}/${kind}-${number}/scale`;

function binding(user: string, role: string, name = role): object {
  return {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  };
}
