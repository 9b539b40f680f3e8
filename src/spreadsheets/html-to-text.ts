const ENTITIES: Record<string, string> = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', copy: '©', reg: '®', trade: '™', deg: '°', euro: '€',
  pound: '£', hellip: '…', ndash: '–', mdash: '—', lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„',
  laquo: '«', raquo: '»', bull: '•', middot: '·', times: '×', frac12: '½', auml: 'ä', ouml: 'ö', uuml: 'ü', Auml: 'Ä',
  Ouml: 'Ö', Uuml: 'Ü', szlig: 'ß', eacute: 'é', egrave: 'è', agrave: 'à', ccedil: 'ç',
} // prettier-ignore

const LARGEST_CODE_POINT = 0x10ffff

/**
 * The text of a description in HTML: paragraphs and lists as lines, without markup, scripts and styles. The expressions
 * begin at the first of several spaces only, so that their time is linear.
 */
export function htmlToText(html: string): string {
  return html
    .replaceAll(/<!--[^]*?(?:-->|$)/g, '')
    .replaceAll(/<(script|style)\b[^]*?(?:<\/\1\s*>|$)/gi, '')
    .replaceAll(/(?:(?<!\s)\s+)?<li\b[^<>]*>\s*/gi, '\n• ')
    .replaceAll(/(?:(?<!\s)\s+)?<(?:br|hr)\b[^<>]*>[^\S\n]*/gi, '\n')
    .replaceAll(/(?:(?<!\s)\s+)?<\/?(?:p|div|h[1-6]|ul|ol|table|blockquote|section)\b[^<>]*>\s*/gi, '\n\n')
    .replaceAll(/(?:(?<!\s)\s+)?<\/?tr\b[^<>]*>\s*/gi, '\n')
    .replaceAll(/<\/?[a-z][^<>]*>/gi, '')
    .replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]\w{1,7}));/gi, decodeEntity)
    .replaceAll(/(?<![^\S\n])[^\S\n]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
}

function decodeEntity(entity: string, decimal?: string, hexadecimal?: string, name = ''): string {
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
  if (Number.isNaN(code)) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name]! : entity
  return code > 0 && code <= LARGEST_CODE_POINT ? String.fromCodePoint(code) : ''
}
