import { foldCase } from './text.ts'

/**
 * E-mail addresses with a domain in any script. The shop shows an address as it was typed and compares it with its
 * domain in ASCII: `info@exämple.com` and `info@xn--exmple-cua.com` are one account.
 */

/** As it is stored and shown: without invisible characters, and full-width letters as plain ones. */
export function cleanEmail(typed: string): string {
  return typed.normalize('NFKC').replaceAll(INVISIBLE, '').trim()
}

/** The form in which accounts compare e-mails. */
export function emailKey(email: string): string {
  return toAsciiEmail(foldCase(cleanEmail(email)))
}

/** As it goes over the wire. A domain that cannot exist stays as it is. */
export function toAsciiEmail(email: string): string {
  const [, mailbox, domain] = /^(.*@)(.*)$/s.exec(email) ?? []
  if (mailbox === undefined || domain === undefined || !MAY_BE_INTERNATIONAL.test(domain)) return email
  const url = `http://${domain}`
  return URL.canParse(url) ? mailbox + new URL(url).hostname : email // the runtime converts by UTS 46
}

/** Other than the joiners, which spell words of some scripts. */
const INVISIBLE = /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/gu

/**
 * With a letter that is not ASCII, and no ASCII that would be another part of a URL. No longer than a domain or its
 * labels can be: the conversion takes a time that grows with the square of a label.
 */
const MAY_BE_INTERNATIONAL = /^(?=.*[^\0-\x7f])(?!.*[^.]{64})(?:[\da-z.-]|[^\0-\x7f]){1,253}$/i
