/**
 * A mail server: a real one (smtp-server) whose replies a test can script, behind a socket that can also hang, be cut
 * or speak nonsense. Documented in: RFC 5321 (4.2, replies), RFC 3463 (enhanced codes), RFC 4954 (AUTH).
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came over the wire, lines ended by CRLF. */
  readonly raw: string;
}

export interface SmtpScript {
  /** Reply to RCPT by address, as `450 4.2.0 greylisted`. */
  rcpt?: Readonly<Record<string, string>>;
  mailFrom?: string;
  data?: string;
  auth?: string;
  /** Instead of a dialogue. `drop`: the line is cut after the mail was taken, before the reply to it. */
  line?: 'hang' | 'reset' | 'garbage' | 'drop';
}

export interface FakeSmtp {
  readonly port: number;
  readonly mails: ReceivedMail[];
  readonly logins: { username: string; password: string }[];
  script: SmtpScript;
  /** Resolves at the next connection. */
  connected(): Promise<void>;
  close(): Promise<void>;
}

export async function fakeSmtp(options: { tls?: boolean; auth?: boolean } = {}): Promise<FakeSmtp> {
  const fake = { mails: [], logins: [], script: {} } as unknown as FakeSmtp & { port: number };
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const smtp = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 1,
    authOptional: true,
    disabledCommands: [
      ...(options.tls === true ? [] : ['STARTTLS']),
      ...(options.auth === true ? [] : ['AUTH']),
    ],
    allowInsecureAuth: true,
    onAuth(auth, _session, done) {
      fake.logins.push({ username: auth.username ?? '', password: auth.password ?? '' });
      const refused = errorOf(fake.script.auth);
      if (refused === null) done(null, { user: auth.username });
      else done(refused);
    },
    onMailFrom(_address, _session, done) {
      done(errorOf(fake.script.mailFrom));
    },
    onRcptTo({ address }, _session, done) {
      done(errorOf(fake.script.rcpt?.[address]));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const refused = errorOf(fake.script.data);
        if (refused !== null) return done(refused);
        const { mailFrom, rcptTo } = session.envelope;
        fake.mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString(),
        });
        if (fake.script.line === 'drop') for (const socket of sockets) socket.resetAndDestroy();
        else done(null, 'queued as 4F1A2B');
        return undefined;
      });
    },
  });
  // A client that goes away in the middle is what some tests are about.
  smtp.on('error', () => undefined);
  const front = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const { line } = fake.script;
    if (line === 'reset') socket.resetAndDestroy();
    else if (line === 'garbage') socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    else if (line !== 'hang') smtp.connect(socket);
    for (const resolve of waiting.splice(0)) resolve();
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return Object.assign(fake, {
    port: (front.address() as AddressInfo).port,
    connected: () => new Promise<void>((resolve) => waiting.push(resolve)),
    close: () =>
      new Promise<void>((resolve) => {
        front.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}

/** A scripted reply as smtp-server wants it; null for the usual one. */
function errorOf(reply: string | undefined): (Error & { responseCode: number }) | null {
  if (reply === undefined) return null;
  const [code = '', ...words] = reply.split(' ');
  return Object.assign(new Error(words.join(' ')), { responseCode: Number(code) });
}
