import { BlockList, isIP } from 'node:net';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443', 'socks5:': '1080' };
const SCHEMES: readonly string[] = ['http:', 'https:', 'socks5:', 'socks5h:'];

/**
 * The proxy that the environment names for an address, by the rules of Go (golang.org/x/net/http/httpproxy): HTTPS_PROXY
 * or HTTP_PROXY, also in lower case, and NO_PROXY with names, addresses, networks and ports. Loopback addresses have none.
 * @returns undefined: connect directly
 * @throws Error that names the variable, if its value is not the address of a proxy
 */
export function environmentProxy(address: URL, environment: NodeJS.ProcessEnv): string | undefined {
  const [name, value] = variable(address.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY', environment);
  if (value === '') return undefined;
  if (isLoopback(address) || isExempt(hostOf(address), portOf(address), variable('NO_PROXY', environment)[1]))
    return undefined;
  const proxy = URL.parse(value);
  const url = proxy?.host ? proxy : URL.parse(`http://${value}`);
  if (url === null || !SCHEMES.includes(url.protocol))
    throw new Error(
      `${name} is not the address of a proxy: it must begin with http://, https:// or socks5://`,
    );
  // In both schemes of Go the proxy resolves the name.
  return url.href.replace(/^socks5h:/, 'socks5:');
}

/** Whether an address is of this machine: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(address: URL): boolean {
  const host = hostOf(address);
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The name or the IP address in a URL, an IPv6 address without its brackets. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** The port in a URL, or the one that its scheme implies. */
export function portOf({ port, protocol }: Pick<URL, 'port' | 'protocol'>): string {
  return port || (DEFAULT_PORTS[protocol] ?? '');
}

function variable(name: string, environment: NodeJS.ProcessEnv): readonly [name: string, value: string] {
  const set = [name, name.toLowerCase()].find((each) => environment[each]) ?? name;
  return [set, environment[set] ?? ''];
}

/** Whether NO_PROXY names the host. Entries that make no sense are ignored. */
function isExempt(host: string, port: string, noProxy: string): boolean {
  const entries = noProxy.split(',').map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => entry === '*' || (entry !== '' && names(entry, host, port)));
}

function names(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isInNetwork(entry, host);
  const { name, port: only } = splitPort(entry);
  if (name === '' || (only !== undefined && only !== port)) return false;
  if (isIP(name) !== 0) return sameAddress(name, host);
  return isIP(host) === 0 && isOfDomain(host, name.replace(/^\*\./, '.'));
}

/** `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`; an IPv6 address without brackets has no port. */
function splitPort(entry: string): { name: string; port: string | undefined } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { name: bracketed ?? plain ?? entry, port };
}

/** A domain with a leading dot stands for its subdomains only. */
function isOfDomain(host: string, domain: string): boolean {
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isInNetwork(network: string, host: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const version = isIP(address);
  if (version === 0 || version !== isIP(host) || !/^\d+$/.test(bits)) return false;
  if (Number(bits) > (version === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

function sameAddress(left: string, right: string): boolean {
  return isInNetwork(`${left}/${isIP(left) === 4 ? 32 : 128}`, right);
}
