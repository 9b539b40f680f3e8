import { toAsciiDigit } from '../text.ts'

/** Phone numbers as people write them, or paste them from a letter or a contact. */

export const MAX_PHONE_CHARACTERS = 40
export const MAX_PHONE_DIGITS = 20

/** Replaces typographic characters by plain ones and digits of any script by 0 to 9, and drops invisible ones. */
export function cleanPhone(typed: string): string {
  return typed
    .normalize('NFKC')
    .replaceAll(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replaceAll(/\p{Nd}/gu, toAsciiDigit)
    .replaceAll(/[\p{Pd}\u2212\u30fc]/gu, '-') // minus, and the long vowel mark that Japanese keyboards give
    .replaceAll(/[\u2044\u2215]/g, '/')
    .replaceAll(/[\u00b7\u2022\u2219\u30fb]/g, '.')
    .replaceAll(/\s+/g, ' ')
    .replace(/^ ?tel:/i, '')
    .trim()
}

const NUMBER = String.raw`[+ ()[\]./~-]*\d[+\d ()[\]./~-]*`
const EXTENSION = String.raw`[,;#x]|(?:e?xt(?:ensi(?:o|ó)n|n)?|durchwahl|dw|app|poste|anexo|int|доб)`
const PHONE = new RegExp(String.raw`^${NUMBER}(?:[ ,;]*(?:${EXTENSION})[ .:=]*\d+)?$`, 'iu')

/** Whether this can be a phone number, with or without an extension; for one that has been cleaned. */
export function isPhone(cleaned: string): boolean {
  const digits = cleaned.replaceAll(/\D/g, '').length
  return cleaned.length <= MAX_PHONE_CHARACTERS && digits <= MAX_PHONE_DIGITS && PHONE.test(cleaned)
}
