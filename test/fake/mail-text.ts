/**
 * What a person reads of a mail: its subject and its bodies, with the encodings of the wire undone.
 */

export interface MailText {
  readonly subject: string;
  /** All parts of the body, one after the other. */
  readonly text: string;
}

/** `raw` is the mail as it came over the wire, lines ended by CRLF. */
export const readMail = (raw: string): MailText => ({ subject: subjectOf(raw), text: textOf(raw) });

/** Folding (RFC 5322, 2.2.3) and encoded words (RFC 2047) undone. */
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

/** Quoted-printable (RFC 2045, 6.7). */
const unquoted = (text: string): string =>
  Buffer.from(
    text
      .replaceAll(/=\r\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/gi, (_whole, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    'latin1',
  ).toString();

/** Each part decoded by its own transfer encoding. */
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
