// Run by `helm test` with the service's image: the Service leads to a ready pod, which serves the certificate of the
// Secret and gives no answer to a client without one.
const { X509Certificate } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { connect } = require('node:tls');

const { SERVICE, PORT } = process.env;
const expected = new X509Certificate(readFileSync('/tls/tls.crt')).fingerprint256;

/** What came of one connection without a client certificate: undefined where none could be made. */
function attempt() {
  return new Promise((resolve) => {
    let served;
    let answered = false;
    // The fingerprint is a stricter check than names and authorities.
    const socket = connect({ host: SERVICE, port: PORT, rejectUnauthorized: false, timeout: 5_000 }, () => {
      served = socket.getPeerX509Certificate()?.fingerprint256;
      socket.write(`GET /healthz HTTP/1.1\r\nHost: ${SERVICE}\r\n\r\n`);
    });
    socket.on('data', () => {
      answered = true;
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => {}); // that is how a client is refused: 'close' follows
    socket.on('close', () => resolve(served && { served, answered }));
  });
}

async function main() {
  let result = await attempt();
  // A new Service takes a moment until it leads anywhere.
  for (let tries = 1; result === undefined && tries < 30; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    result = await attempt();
  }
  if (result === undefined) return `no TLS connection to ${SERVICE}:${PORT}`;
  if (result.served !== expected)
    return `${SERVICE}:${PORT} serves another certificate than the Secret holds`;
  if (result.answered) return `${SERVICE}:${PORT} answers a client without a certificate`;
  return undefined;
}

main().then((failure) => {
  process.stdout.write(
    `${failure ?? 'ok: the certificate of the Secret is served, and nothing without one'}\n`,
  );
  process.exitCode = failure === undefined ? 0 : 1;
});
