/** What does not change a letter's place in a search or a list: accents, breathings, Hebrew and Arabic vowels. */
const ACCENTS =
  /(?<!и)\u0306|[[[\p{sc=Zinh}\p{sc=Arab}\p{sc=Hebr}\p{sc=Cyrl}]&&\p{M}]--[\u0306\u3099\u309a]]/gv

/** Letters that Unicode does not decompose, as people type them who do not have them. */
const LETTERS: Record<string, string> = {
  ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ħ: 'h', ŋ: 'n', ŧ: 't', ĸ: 'k',
  ə: 'e', ς: 'σ', ґ: 'г', ى: 'ي', ی: 'ي', ک: 'ك', ة: 'ه',
} // prettier-ignore
const TO_REPLACE = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu')

/**
 * The form in which texts are searched and sorted, however they were typed: without case, accents, invisible
 * characters and signs such as ™. Kana keep their voicing marks and й its breve, which make another letter.
 */
export function foldText(text: string): string {
  return text
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu, '')
    .replace(/№|(?<!\p{L})n[°º](?=\s*\d)/giu, ' no ')
    .replace(/[™℠®©℗]/gu, ' ')
    .replace(/[\u00bc-\u00be\u2150-\u215f\u2189]/gu, ' $&') // 2½ is not 21 halves
    .replace(/(?<=\d)\s*[x×]\s*(?=\d)/giu, ' x ') // 20×30 cm
    .replaceAll('´', "'") // would become a space with an accent
    .normalize('NFKD')
    .toLowerCase()
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replace(TO_REPLACE, (letter) => LETTERS[letter]!)
    .replace(/[٠-٩۰-۹]/gu, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replace(/(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?!\d)/gu, (thousands) => thousands.replaceAll(',', ''))
}

/** With ae for ä, oe for ö or ø, ue for ü and aa for å, as they are typed where keyboards do not have them. */
export function spellOut(text: string): string {
  return text
    .normalize('NFD')
    .replace(/([aou])\u0308/giu, '$1e')
    .replace(/a\u030a/giu, 'aa')
    .replace(/ø/giu, 'oe')
}
