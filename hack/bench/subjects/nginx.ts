import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../../test/support/free-ports.ts';
import { Child, SERVER_CORE } from '../child.ts';
import type { CertificateFiles } from '../load.ts';
import type { Answers } from './answers.ts';
import { ChildServer } from './subject.ts';

/** The version of the nginx in PATH, or undefined if there is none. */
export function nginxVersion(): string | undefined {
  try {
    // It prints its version to stderr.
    const text = execFileSync('sh', ['-c', 'nginx -v 2>&1'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /nginx\/([\d.]+)/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

/** nginx with one worker, which serves the bodies as files with nearly the same headers. */
export async function startNginx(
  folder: string,
  certificates: CertificateFiles,
  answers: Answers,
): Promise<ChildServer> {
  const [port = 0] = await freePorts(1);
  await mkdir(join(folder, 'answers'));
  let number = 0;
  const files: Record<string, string> = {};
  for (const [path, { body }] of Object.entries(answers)) {
    number += 1;
    files[path] = `/${number}.json`;
    await writeFile(join(folder, 'answers', `${number}.json`), Buffer.from(body, 'base64'));
  }
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(folder, port, certificates, answers, files));
  const child = new Child(['nginx', '-p', folder, '-e', 'stderr', '-c', file], { core: SERVER_CORE });
  await child.until(() => listens(port));
  return new ChildServer('nginx', child, port);
}

const ADDED_BY_NGINX = ['content-type', 'content-length', 'transfer-encoding'];

/** In one process, which is the worker, so that its processor time is easy to read. */
function configuration(
  folder: string,
  port: number,
  { cert, key, ca }: CertificateFiles,
  answers: Answers,
  files: Readonly<Record<string, string>>,
): string {
  const map = (variable: string, entries: readonly (readonly [string, string])[]) =>
    `map $request_uri ${variable} {\n${entries.map(([path, value]) => `'${path}' '${value}';`).join('\n')}\n}`;
  const names = new Set<string>();
  for (const { headers } of Object.values(answers)) {
    for (let i = 0; i < headers.length; i += 2) names.add(headers[i] ?? '');
  }
  const added = [...names].filter((name) => !ADDED_BY_NGINX.includes(name.toLowerCase()));
  const headerOf = (name: string, headers: readonly string[]) => headers[headers.indexOf(name) + 1] ?? '';
  const withHeader = (name: string) =>
    Object.entries(answers).filter(([, { headers }]) => headers.includes(name));
  const missing = Object.entries(answers).filter(([, { status }]) => status === 404);
  return `
daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 2048; }
http {
access_log off; keepalive_requests 1000000000; keepalive_timeout 60s; etag off; sendfile on; tcp_nopush off;
map_hash_bucket_size 256; map_hash_max_size 65536; open_file_cache max=10000;
client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
types { 'application/json; charset=utf-8' json; }
default_type 'application/json; charset=utf-8';
${map('$answer', Object.entries(files))}
${map(
  '$missing',
  missing.map(([path, { body }]) => [path, Buffer.from(body, 'base64').toString()] as const),
)}
${added
  .map((name, i) =>
    map(
      `$header_${i}`,
      withHeader(name).map(([path, { headers }]) => [path, headerOf(name, headers)] as const),
    ),
  )
  .join('\n')}
server {
listen 127.0.0.1:${port} ssl; root ${folder}/answers;
ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_client_certificate ${ca}; ssl_verify_client on;
ssl_protocols TLSv1.3;
${added.map((name, i) => `add_header ${name} $header_${i} always;`).join('\n')}
location / { if ($missing) { return 404 $missing; } try_files $answer =501; }
}
}
`;
}

/** Whether a process listens on this port of this machine. */
function listens(port: number): boolean {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8').includes(`${address} 00000000:0000 0A`);
}
