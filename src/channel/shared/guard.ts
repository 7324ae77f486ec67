/**
 * Keeps requests to addresses that strangers chose (over the API) away from the inside of the network. A check of
 * the name alone is bypassed by literals (`0x7f.1`) and by names that resolve differently the second time, so three
 * places are checked: the literal, every resolved address, and the address that the socket really reached.
 * Invariant: with a guard, no byte of a request is written to an address outside the public unicast ranges and the
 * operator's list.
 */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';

/** Why a target was refused. The message is for a person and names the address. */
export class BlockedTarget extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BlockedTarget';
  }
}

export interface GuardOptions {
  /** CIDR blocks that may be called though they are not public. */
  readonly allow: readonly string[];
  readonly ports?: readonly number[];
  readonly lookup?: LookupFunction;
  /** TLS and timeouts, as for `buildConnector`. */
  readonly connect: buildConnector.BuildOptions;
}

export interface Guard {
  /** undefined when the URL may be tried. */
  refuses(url: URL): BlockedTarget | undefined;
  readonly connector: buildConnector.connector;
}

/** Ports on which web hooks are served; not those of mail, databases and shells. */
const USUAL_PORTS: readonly number[] = [80, 443, 8000, 8080, 8443];
/** All public IPv6 is here (RFC 4291, 2.4); what lies outside is special or not given to anybody. */
const publicIpv6 = ipaddr.IPv6.parseCIDR('2000::/3');

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number];

export function makeGuard(options: GuardOptions): Guard {
  const blocks: Block[] = options.allow.map((cidr) => ipaddr.parseCIDR(cidr));
  const ports = options.ports ?? USUAL_PORTS;

  const refusesAddress = (address: string): BlockedTarget | undefined =>
    isAllowed(address, blocks)
      ? undefined
      : new BlockedTarget(`${address} is not a public address and not on the list of allowed ones`);

  function refuses(url: URL): BlockedTarget | undefined {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return new BlockedTarget(`${url.protocol} is not http or https`);
    }
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    if (!ports.includes(port)) return new BlockedTarget(`port ${port} is not allowed`);
    const literal = bare(url.hostname);
    return isIP(literal) === 0 ? undefined : refusesAddress(literal);
  }

  const connect = buildConnector({
    ...options.connect,
    lookup: guardedLookup(options.lookup ?? systemLookup, refusesAddress),
  });
  const connector: buildConnector.connector = (target, callback) => {
    const literal = bare(target.hostname);
    const early = isIP(literal) === 0 ? undefined : refusesAddress(literal);
    if (early !== undefined) {
      callback(early, null);
      return;
    }
    connect(target, (error, socket) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      const late = refusesAddress(socket.remoteAddress ?? 'an unknown address');
      if (late === undefined) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(late, null);
    });
  };
  return { refuses, connector };
}

/** Resolves to all addresses of a name, or to an error when one of them is not allowed. */
function guardedLookup(
  lookup: LookupFunction,
  refuses: (address: string) => BlockedTarget | undefined,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }];
      const first = addresses[0];
      const refused = addresses.map((one) => refuses(one.address)).find((one) => one !== undefined);
      if (refused !== undefined || first === undefined) {
        callback(refused ?? new BlockedTarget(`${hostname} has no address`), []);
      } else if (options.all === true) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}

function isAllowed(address: string, blocks: readonly Block[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `process` turns ::ffff:127.0.0.1 into the IPv4 address that it is.
  const parsed = ipaddr.process(address);
  if (blocks.some((block) => block[0].kind() === parsed.kind() && parsed.match(block))) return true;
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(publicIpv6);
}

/** A host as `URL` and undici write it, without the brackets of IPv6. */
const bare = (hostname: string): string =>
  hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
