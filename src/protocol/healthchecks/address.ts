/**
 * Where a ping came from: the peer, or what a trusted proxy says of it.
 * Invariant: a forwarded header counts only from a trusted peer, and junk in it falls back to the peer.
 */
import { BlockList, isIP, type Socket } from 'node:net';

export interface Origin {
  readonly remoteAddr: string | null;
  readonly scheme: 'http' | 'https';
}

/** The socket that a ping came over; one under TLS has a field `encrypted`. */
export type Peer = Readonly<Partial<Pick<Socket, 'remoteAddress'>>>;

export interface Forwarded {
  readonly forwardedFor: string | null;
  readonly forwardedProto: string | null;
}

/** `trusted`: addresses and CIDR blocks of our own proxies, or `['*']`. Compile once per configuration. */
export const makeOriginOf = (
  trusted: readonly string[],
): ((socket: Peer, forwarded: Forwarded) => Origin) => {
  const trusts = trustOf(trusted);
  const all = trusted.includes('*');
  return (socket, { forwardedFor, forwardedProto }) => {
    const peer = plainPeer(socket.remoteAddress);
    const scheme = 'encrypted' in socket ? 'https' : 'http';
    if (forwardedFor === null && forwardedProto === null) return { remoteAddr: peer, scheme };
    if (!all && (peer === null || !trusts(peer))) return { remoteAddr: peer, scheme };
    const client = forwardedFor === null ? null : clientOf(forwardedFor, all, trusts);
    return { remoteAddr: client ?? peer, scheme: schemeOf(forwardedProto) ?? scheme };
  };
};

const HOPS_MAX = 32;

/**
 * Trusting everyone, the first entry is the client, as in Healthchecks. Trusting some, the client is the last
 * entry that is not one of them: whatever stands before it was written by the client itself.
 */
const clientOf = (
  header: string,
  all: boolean,
  trusts: (address: string) => boolean,
): string | null => {
  if (all) return plainEntry(header.split(',', 1)[0] ?? '');
  for (const entry of header.split(',').slice(-HOPS_MAX).reverse()) {
    const address = plainEntry(entry);
    if (address === null || !trusts(address)) return address;
  }
  return null;
};

const schemeOf = (header: string | null): 'http' | 'https' | null => {
  const first = header?.split(',', 1)[0]?.trim().toLowerCase();
  return first === 'http' || first === 'https' ? first : null;
};

const MAPPED = '::ffff:';

/** An IPv4 peer of a dual-stack socket is named `::ffff:a.b.c.d`. */
const plainPeer = (peer: string | undefined): string | null => {
  if (peer === undefined) return null;
  return peer.startsWith(MAPPED) && isIP(peer.slice(MAPPED.length)) === 4
    ? peer.slice(MAPPED.length)
    : peer;
};

/** An entry without its port: `1.2.3.4:5`, `[2001::1]:5`. null when it is no address. */
const plainEntry = (entry: string): string | null => {
  const text = entry.trim();
  if (text.length === 0 || text.length > 64 || text.includes('%')) return null;
  if (isIP(text) !== 0) return text;
  const bare = text.startsWith('[')
    ? text.slice(1, text.indexOf(']'))
    : text.slice(0, text.indexOf(':'));
  return isIP(bare) === 0 ? null : bare;
};

const trustOf = (trusted: readonly string[]): ((address: string) => boolean) => {
  const blocks = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/', 2);
    const version = isIP(address);
    if (version === 0) continue;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
    if (Number.isInteger(bits) && bits >= 0 && bits <= (version === 4 ? 32 : 128))
      blocks.addSubnet(address, bits, family);
  }
  return (address) => blocks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
};
