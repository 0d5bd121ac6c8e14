// `helm test` runs this in the image of the service. It checks that every pod can serve every cluster, that the Service
// reaches a ready pod, and that the pod serves the certificate of the Secret and does not answer a client without one.
const { X509Certificate } = require('node:crypto');
const { lookup } = require('node:dns/promises');
const { readFileSync } = require('node:fs');
const { connect } = require('node:tls');

const { SERVICE, PORT, PODS, MANAGEMENT_PORT, CERTIFICATE, LIMIT_SECONDS } = process.env;
/** For all that takes a moment after an installation. An attempt that runs then, of 5 s, goes on until its end. */
const givesUpAt = Date.now() + LIMIT_SECONDS * 1000;
const expected = new X509Certificate(readFileSync(CERTIFICATE)).fingerprint256;

/** The result of one connection without a client certificate; undefined: no connection could be made. */
function attempt() {
  return new Promise((resolve) => {
    let served;
    let answered = false;
    // The fingerprint is compared below, which is stricter than to verify the name and the authority.
    const socket = connect({ host: SERVICE, port: PORT, rejectUnauthorized: false, timeout: 5_000 }, () => {
      served = socket.getPeerX509Certificate()?.fingerprint256;
      socket.write(`GET /healthz HTTP/1.1\r\nHost: ${SERVICE}\r\n\r\n`);
    });
    socket.on('data', () => {
      answered = true;
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => {}); // the service refuses the client this way; 'close' follows
    socket.on('close', () => resolve(served && { served, answered }));
  });
}

const HELP = {
  unreachable:
    'its API server does not answer, or refuses to list Deployments: the line "cluster unreachable" in the log of the pods has the cause',
  blocked:
    'its API server does not decide what clients may do: grant the account of the service create on subjectaccessreviews.authorization.k8s.io, unless the line "cluster blocked" in the log of the pods names another cause',
  syncing: 'its Deployments have not been read yet: see the log of the pods',
};

/** What keeps the pods from serving a cluster; undefined: nothing. */
async function whatIsWrong() {
  const pods = await lookup(PODS, { all: true }).catch(() => []);
  if (pods.length === 0) return 'there are no pods of the service';
  for (const { address: pod, family } of pods) {
    const host = family === 6 ? `[${pod}]` : pod;
    const answer = await fetch(`http://${host}:${MANAGEMENT_PORT}/metrics`, {
      signal: AbortSignal.timeout(5_000),
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => undefined);
    if (answer === undefined) return `the management port of pod ${pod} does not answer`;
    if (answer.status !== 200) return `the management port of pod ${pod} answers with ${answer.status}`;
    const states = /^scaler_cluster_state\{cluster="([^"]+)",state="([^"]+)"\} 1$/gm;
    const current = [...answer.text.matchAll(states)];
    if (current.length === 0) return `the metrics of pod ${pod} name no cluster`;
    for (const [, cluster, state] of current) {
      if (state !== 'ready') return `cluster ${cluster} is ${state}: ${HELP[state]}`;
    }
  }
  return undefined;
}

async function main() {
  let wrong = await whatIsWrong();
  // It takes a moment until new pods have read their clusters.
  while (wrong !== undefined && Date.now() < givesUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    wrong = await whatIsWrong();
  }
  if (wrong !== undefined) return wrong;
  let result = await attempt();
  // It takes a moment until a new Service has endpoints.
  while (result === undefined && Date.now() < givesUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    result = await attempt();
  }
  if (result === undefined) return `no TLS connection to ${SERVICE}:${PORT}`;
  if (result.served !== expected)
    return `${SERVICE}:${PORT} serves a certificate other than that of the Secret`;
  if (result.answered) return `${SERVICE}:${PORT} answers a client without a certificate`;
  return undefined;
}

main().then((failure) => {
  process.stdout.write(
    `${failure ?? 'ok: the pods can serve every cluster, with the certificate of the Secret, and refuse clients without a certificate'}\n`,
  );
  process.exitCode = failure === undefined ? 0 : 1;
});
