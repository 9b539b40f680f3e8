import { toAsciiDigit } from '../text.ts'

/** Marks that do not make another letter: accents, breathings, the vowels of Hebrew and Arabic. */
const ACCENTS =
  /(?<!и)\u0306|[[[\p{sc=Zinh}\p{sc=Arab}\p{sc=Hebr}\p{sc=Cyrl}]&&\p{M}]--[\u0306\u3099\u309a]]/gv

/** Letters that Unicode does not decompose, as people type them on keyboards without them. */
const LETTERS: Record<string, string> = {
  ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ħ: 'h', ŋ: 'n', ŧ: 't', ĸ: 'k',
  ə: 'e', ς: 'σ', ґ: 'г', ى: 'ي', ی: 'ي', ک: 'ك', ة: 'ه',
} // prettier-ignore
const TO_REPLACE = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu')

/**
 * The form in which texts are searched and sorted: without case, accents, invisible characters and signs such as ™.
 * Kana keep their voicing marks and й its breve, which make another letter.
 */
export function foldText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\u0640]/gu, '') // U+0640 stretches an Arabic word
    .replace(/№|(?<![\p{L}\p{M}])n\.?[°º](?=\s*\d)/giu, ' no ')
    .replace(/[™℠®©℗Ⓡ]/gu, ' ')
    .replace(/[\u00bc-\u00be\u2150-\u215f\u2189]/gu, ' $&') // 2½ is not 21/2
    .replace(/(?<=\d)\s*[x×✕✖х*]\s*(?=\d)/giu, ' x ') // 20×30 cm
    .replaceAll('´', "'") // NFKD makes a space with an accent of it
    .normalize('NFKD')
    .toLowerCase()
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replace(TO_REPLACE, (letter) => LETTERS[letter]!)
    .replace(/μ(?=\p{sc=Latn})/gu, 'u') // µm
    .replace(/[\p{Nd}--[0-9]]/gv, toAsciiDigit)
    .replace(/(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?!\d)/gu, (thousands) => thousands.replaceAll(',', ''))
}

/** With ae for ä, oe for ö or ø, ue for ü and aa for å, as people type them on keyboards without them. */
export function spellOut(text: string): string {
  return text
    .normalize('NFD')
    .replace(/([aou])\u0308/giu, '$1e')
    .replace(/a\u030a/giu, 'aa')
    .replace(/ø/giu, 'oe')
}
