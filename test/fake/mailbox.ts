/**
 * A real SMTP server that takes every mail and remembers it: the far end of the e-mail channel.
 */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  /** Wall clock when the whole mail was there. */
  readonly atMs: number;
  /** Addresses of the envelope. */
  readonly to: readonly string[];
  readonly subject: string;
  /** All parts of the body, decoded. */
  readonly text: string;
}

export interface Mailbox extends AsyncDisposable {
  readonly port: number;
  readonly received: readonly Mail[];
}

/** Listens on a free port of loopback, without TLS and without a password. */
export async function startMailbox(): Promise<Mailbox> {
  const received: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('latin1');
        const to = session.envelope.rcptTo.map(({ address }) => address);
        received.push({ atMs: Date.now(), to, subject: subjectOf(raw), text: textOf(raw) });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** The subject with its folding and its encoded words (RFC 2047) undone. */
function subjectOf(raw: string): string {
  const folded = /^subject: ((?:.|\r\n[ \t])*)/im.exec(raw)?.[1] ?? '';
  return folded
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?(.*?)\?=/gi, (_whole, encoding: string, text: string) =>
      encoding.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString()
        : unquoted(text.replaceAll('_', ' ')),
    );
}

const unquoted = (text: string): string =>
  Buffer.from(
    text
      .replaceAll(/=\r\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/gi, (_whole, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    'latin1',
  ).toString();

/** The bodies of all parts, each decoded by its own transfer encoding. */
function textOf(raw: string): string {
  const boundary = /boundary="?([^"\r\n;]+)/i.exec(raw)?.[1];
  const parts = boundary === undefined ? [raw] : raw.split(`--${boundary}`).slice(1, -1);
  return parts
    .map((part) => {
      const split = part.indexOf('\r\n\r\n');
      const head = part.slice(0, split);
      const body = part.slice(split + 4);
      if (/transfer-encoding: base64/i.test(head)) return Buffer.from(body, 'base64').toString();
      return unquoted(body);
    })
    .join('\n');
}
