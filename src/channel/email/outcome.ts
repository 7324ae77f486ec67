/**
 * What an SMTP dialogue came to, as a result class. Pure. Invariant: a recipient who has the mail gets it no second
 * time, and one who was refused for good is in the last result, however many attempts lie between.
 *
 * `only` of a retry lists the recipients still to be tried, and behind `!` those refused for good so far.
 */
import type { NodemailerError } from 'nodemailer';
import type { FailureReason, SendResult } from '../../core/notify/notify.ts';
import { unknownAnswer } from '../shared/http.ts';

export interface Recipients {
  readonly all: readonly string[];
  /** Those to be tried now. */
  readonly wanted: readonly string[];
  /** Those refused for good by an earlier attempt. */
  readonly refused: readonly string[];
}

/** Who is to be tried, from the configured addresses and the `only` of the attempt before. */
export function recipientsOf(
  all: readonly string[],
  only: readonly string[] | undefined,
): Recipients {
  if (only === undefined) return { all, wanted: all, refused: [] };
  // A reload may have taken somebody off the list meanwhile.
  return {
    all,
    wanted: all.filter((address) => only.includes(address)),
    refused: all.filter((address) => only.includes(`!${address}`)),
  };
}

const leftOver = (wanted: readonly string[], refused: readonly string[]): string[] => [
  ...wanted,
  ...refused.map((address) => `!${address}`),
];

/** A handshake that fails this often is a wrong certificate and not a bad moment. */
const TLS_ATTEMPTS_MAX = 3;

/** The server took the mail for everybody but those of `rejected`; with none left, for nobody. */
export function ofReplies(
  recipients: Recipients,
  rejected: readonly NodemailerError[],
  providerRef?: string,
): SendResult {
  const later = rejected.filter((error) => !isForever(error));
  const never = rejected.filter((error) => isForever(error));
  const refused = [...recipients.refused, ...never.map((error) => error.recipient ?? '')];
  const detail = rejected
    .map((error) => `${error.recipient ?? ''}: ${error.response ?? error.message}`)
    .join('; ');
  if (later.length > 0) {
    return {
      kind: 'retry',
      reason: later.every(isThrottled) ? 'rate_limited' : 'recipient',
      detail,
      only: leftOver(
        later.map((error) => error.recipient ?? ''),
        refused,
      ),
    };
  }
  const ref = providerRef === undefined ? {} : { providerRef };
  if (refused.length === 0) return { kind: 'sent', ...ref };
  const told = `refused for good: ${refused.join(', ')}${detail === '' ? '' : ` (${detail})`}`;
  return refused.length < recipients.all.length
    ? { kind: 'partial', detail: told, ...ref }
    : { kind: 'failed', reason: 'recipient', detail: told };
}

/** The dialogue ended before the server took the mail for anybody. */
export function ofError(
  error: NodemailerError,
  recipients: Recipients,
  attempt: number,
): SendResult {
  const result =
    error.rejectedErrors !== undefined && error.rejectedErrors.length > 0
      ? ofReplies(recipients, error.rejectedErrors)
      : ofSession(error, attempt);
  // Without this, the next attempt would go to those who have it.
  return result.kind === 'retry' && result.only === undefined
    ? { ...result, only: leftOver(recipients.wanted, recipients.refused) }
    : result;
}

function ofSession(error: NodemailerError, attempt: number): SendResult {
  const detail = [error.code, error.originalCode, error.message]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  const retry = (reason: FailureReason): SendResult => ({ kind: 'retry', reason, detail });
  const failed = (reason: FailureReason): SendResult => ({ kind: 'failed', reason, detail });
  switch (error.code) {
    case 'EABORT':
    case 'ETIMEDOUT':
      return retry('timeout');
    case 'EAUTH':
    case 'ENOAUTH':
      // Never hammered: providers lock an account after a few wrong passwords.
      return error.permanent === false ? retry('auth') : failed('auth');
    case 'ETLS':
      return attempt < TLS_ATTEMPTS_MAX ? retry('network') : failed('config');
    case 'ESOCKET':
    case 'ECONNECTION':
    case 'EDNS':
      if (error.responseCode !== undefined) return ofReply(error, retry, failed);
      return isCertificate(error) && attempt >= TLS_ATTEMPTS_MAX
        ? failed('config')
        : retry('network');
    case 'ECONFIG':
    case 'EMAXRECIPIENTS':
      return failed('config');
    default:
      if (error.responseCode !== undefined) return ofReply(error, retry, failed);
      // Neither a reply nor a broken connection: what answers there does not speak SMTP.
      return error.code === 'EPROTOCOL' ? unknownAnswer(attempt, detail) : failed('unknown');
  }
}

function ofReply(
  error: NodemailerError,
  retry: (reason: FailureReason) => SendResult,
  failed: (reason: FailureReason) => SendResult,
): SendResult {
  if (!isForever(error)) return retry(isThrottled(error) ? 'rate_limited' : 'server_error');
  if (error.responseCode === 552) return failed('too_large');
  // A sender that the server does not take is a matter of the config; a body, of this mail.
  return failed(error.command === 'DATA' ? 'client_error' : 'config');
}

/**
 * Tencent's mail (exmail, QQ) says "550 … frequency limited" when a sender is too fast and lets it in again minutes
 * or hours later, though 550 means for good (service.mail.qq.com, list of bounce reasons).
 */
const isThrottled = (error: NodemailerError): boolean =>
  /frequency limited|rate limit|too many (?:messages|connections|recipients)/i.test(
    error.response ?? '',
  );

const isForever = (error: NodemailerError): boolean =>
  error.permanent === true && !isThrottled(error);

const isCertificate = ({ originalCode = '', message }: NodemailerError): boolean =>
  /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL/.test(originalCode) || /certificate/i.test(message);
