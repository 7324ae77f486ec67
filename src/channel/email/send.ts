/**
 * Mail over SMTP, one connection per mail. Invariant: all attempts of a notification are one mail, with one
 * Message-ID and one date, so that a mail program can fold the second copy that a lost answer may cause.
 */
import { createHash } from 'node:crypto';
import { createTransport, type NodemailerError, type SMTPTransportOptions } from 'nodemailer';
import type { Notification, SendResult } from '../../core/notify/notify.ts';
import type { Channel, SendContext } from '../../ports/channel.ts';
import type { ChannelDeps } from '../shared/deps.ts';
import { makeRedactor, sealed } from '../shared/redact.ts';
import { type EmailConfig, type Mailbox, parseMailboxes, parseSmarthost } from './config.ts';
import { renderMail } from './message.ts';
import { ofError, ofReplies, recipientsOf } from './outcome.ts';

/** nodemailer's own limits are two and ten minutes; a lease is shorter than that. */
const CONNECT_TIMEOUT_MS = 10_000;
const GREETING_TIMEOUT_MS = 10_000;
const SOCKET_TIMEOUT_MS = 30_000;
/** Chinese corporate mail shuts out who sends too fast, and does not say how fast that is. */
const MAILS_PER_MINUTE = 30;

export function makeEmail(config: EmailConfig, deps: ChannelDeps): Channel {
  const { from, to } = parties(config);
  const all = to.map((box) => box.address);
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1).toLowerCase();
  const transport = createTransport(transportOptions(config));

  async function send(notification: Notification, context: SendContext): Promise<SendResult> {
    const recipients = recipientsOf(all, context.only);
    if (recipients.wanted.length === 0) return ofReplies(recipients, []);
    const mail = renderMail(notification, domain);
    try {
      const info = await transport.sendMail({
        from,
        to,
        envelope: { from: from.address, to: [...recipients.wanted] },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        messageId: mail.messageId,
        inReplyTo: mail.threadId,
        references: mail.threadId,
        date: new Date(notification.at),
        headers: { ...config.headers, ...mail.headers },
        xMailer: false,
        disableFileAccess: true,
        disableUrlAccess: true,
        signal: context.signal,
      });
      return ofReplies(recipients, info.rejectedErrors ?? [], `${mail.messageId} ${info.response}`);
    } catch (error) {
      return ofError(error as NodemailerError, recipients, context.attempt);
    }
  }

  const { auth_username: user = '', auth_password: password } = config;
  // A server may echo the command that it did not like, and there both stand together.
  const redact = makeRedactor([password, password && `\0${user}\0${password}`]);
  return sealed(
    {
      send,
      perMinute: MAILS_PER_MINUTE,
      limitKey: limitKey(config),
      async close() {
        transport.close();
      },
    },
    { redact, ...(deps.log === undefined ? {} : { log: deps.log }) },
  );
}

function parties(config: EmailConfig): { from: Mailbox; to: Mailbox[] } {
  const to = parseMailboxes(config.to) ?? [];
  const [from] = parseMailboxes(config.from) ?? [];
  if (from === undefined || to.length === 0) {
    throw new Error('an entry of email_configs is used that was not checked');
  }
  return { from, to: [...to] };
}

function transportOptions(config: EmailConfig): SMTPTransportOptions {
  const smarthost = parseSmarthost(config.smarthost);
  if (smarthost === null) throw new Error('an entry of email_configs is used that was not checked');
  const secure = config.force_implicit_tls ?? smarthost.port === 465;
  const { auth_username: user = '', auth_password: pass = '', tls_config: tls } = config;
  return {
    ...smarthost,
    secure,
    requireTLS: !secure && (config.require_tls ?? true),
    ...(config.hello === undefined ? {} : { name: config.hello }),
    ...(user === '' ? {} : { auth: { user, pass } }),
    tls: {
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.server_name === undefined ? {} : { servername: tls.server_name }),
      ...(tls?.insecure_skip_verify === true ? { rejectUnauthorized: false } : {}),
    },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: GREETING_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
  };
}

/** Servers count by account, so all entries with one account share a limit. */
function limitKey(config: EmailConfig): string {
  const account = `${config.smarthost}\n${config.auth_username ?? ''}`;
  return `email:${createHash('sha256').update(account).digest('hex').slice(0, 16)}`;
}
