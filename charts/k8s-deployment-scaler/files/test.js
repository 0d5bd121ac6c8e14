// `helm test` runs this in the image of the service. It checks that the Service reaches a ready pod, and that the pod
// serves the certificate of the Secret and does not answer a client without a certificate.
const { X509Certificate } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { connect } = require('node:tls');

const { SERVICE, PORT } = process.env;
const expected = new X509Certificate(readFileSync('/tls/tls.crt')).fingerprint256;

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

async function main() {
  let result = await attempt();
  // It takes a moment until a new Service has endpoints.
  for (let tries = 1; result === undefined && tries < 30; tries += 1) {
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
    `${failure ?? 'ok: the pod serves the certificate of the Secret and refuses clients without a certificate'}\n`,
  );
  process.exitCode = failure === undefined ? 0 : 1;
});
