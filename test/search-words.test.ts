import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldText } from '../src/catalog/fold-text.ts'
import { SOFT_MARK, toIndexedWords, toSearchedWords } from '../src/catalog/search-words.ts'
import { sortKeyOf } from '../src/catalog/sort-key.ts'
import { stemOf } from '../src/catalog/stem.ts'

const indexed = (text: string, isName = false) => toIndexedWords(text, { isName }).replaceAll(SOFT_MARK, '~')

describe('foldText', () => {
  it.each([
    ['Aeropress™ ®', 'aeropress   '],
    ['№5', ' no 5'],
    ['Ñandú İ ı ΚΡΑΣΊΣ', 'nandu i i κρασισ'],
    ['Ёлка, мой', 'елка, мой'],
    ['ﬁ ＡＢＣ ｶﾞ が', 'fi abc ガ が'],
    ['a\u00adb\u200bc\u2060d\ufeffe\u200df', 'abcdef'],
    ['2½', '2 1⁄2'],
    ['10 µm, 10 μm', '10 um, 10 um'],
    ['٤٥٦ ۴۵۶ ४५६ ๔๕๖ ４５６ 𝟜𝟝𝟞', '456 456 456 456 456 456'],
    ['1,000 and 1,000,000 but 1,0000', '1000 and 1000000 but 1,0000'],
    ['3×4X5', '3 x 4 x 5'],
  ])('%s', (text, folded) => {
    expect(foldText(text)).toBe(folded)
    expect(foldText(text.normalize('NFD'))).toBe(folded)
    expect(foldText(folded)).toBe(folded)
  })
})

describe('toIndexedWords', () => {
  it.each([
    ['Mugs of tea', 'mugs of tea ~mug', 'mugs of tea ~mug ~mugsof ~oftea'],
    ['T-shirts', 't shirts ~shirt ~tshirts ~tshirt'],
    ['750ml 28 cm', '750ml 28 cm ~750 ~ml ~750ml28 ~28cm'],
    ['1/2', '1 2'],
    ['v1.2.3', 'v1 2 3 ~v ~1'],
    ['1.000.000', '1 000 ~1000 ~000000 ~1000000'],
    ['wi fi by me', 'wi fi by me ~wifi ~wify ~fiby ~byme'],
    ["jack-o'-lantern", 'jack o lantern ~jacko ~olantern ~jackolantern'],
    ['a-b-c・ケーブル', 'a b c ~ab ~bc ~abc ケー ーブ ブル ル'],
    ['wd-x-40/2', 'wd x 40 2 ~wdx ~x40 ~wdx40'],
    ['Käfer', 'kafer ~kaefer'],
    ['有機緑茶', '有機 機緑 緑茶 茶'],
    ['桜 湯呑', '桜 湯呑 呑', '桜 湯呑 呑 ~桜湯 ~湯呑 ~呑'],
    ['紅・茶', '紅 茶 ~紅茶 ~茶'],
    ['USBケーブル', 'usb ケー ーブ ブル ル'],
    [`\u{E000}mug ${SOFT_MARK}pan`, 'mug pan', 'mug pan ~mugpan'],
    ['☕ !', ''],
  ])('%s', (text, words, ofName = words) => {
    expect(indexed(text)).toBe(words)
    expect(indexed(text, true)).toBe(ofName)
  })

  it('is bounded, so that the longest texts fit a statement of a backup', () => {
    const bytes = (text: string) => new TextEncoder().encode(text).length
    for (const character of ['茶', '㌀', 'ﷺ', '𠀀', '茶・', 'a-', 'ß'.repeat(3) + ' ', 'ก']) {
      const fill = (length: number) => [...character.repeat(length)].slice(0, length).join('')
      const name = toIndexedWords(fill(255), { isName: true })
      const description = toIndexedWords(fill(10_000), { isName: false })
      expect(bytes(name) + bytes(description), character).toBeLessThan(99_000)
      expect(description.isWellFormed()).toBe(true)
    }
    expect(toIndexedWords('茶'.repeat(10_000), { isName: false })).toHaveLength(3 * 10_000 - 2)
    const oneWord = 'ﷲ'.repeat(9400) + '1' // four letters of two bytes each
    expect(bytes(toIndexedWords(oneWord, { isName: false }))).toBeLessThanOrEqual(75_000)
  })

  it('leaves the tokenizer nothing to take apart', () => {
    expect(toIndexedWords('กาแฟคั่ว हिन्दी', { isName: true })).toMatch(/^[\p{L}\p{N}\p{Co} ]+$/u)
  })
})

describe('toSearchedWords', () => {
  it('looks for the last word as a prefix, each once, and for its forms', () => {
    const words = toSearchedWords('tea mugs tea mugs')
    expect(words.map(({ exact }) => exact)).toEqual([
      [{ tokens: ['tea'], isPrefix: false }],
      [{ tokens: ['mugs'], isPrefix: true }],
    ])
    expect(words.at(-1)!.soft).toContainEqual({ tokens: [`${SOFT_MARK}mug`], isPrefix: false })
    expect(words.at(-1)!.soft).toContainEqual(words.at(-1)!.exact[0])
  })

  it('looks for pairs of characters in a row, and for a single one as the beginning of a pair', () => {
    expect(toSearchedWords('緑茶碗 豆')).toMatchObject([
      { exact: [{ tokens: ['緑茶', '茶碗'], isPrefix: false }] },
      { exact: [{ tokens: ['豆'], isPrefix: true }] },
    ])
  })

  it('looks for letters and digits also apart, in a row', () => {
    expect(toSearchedWords('iphone15pro')[0]!.soft).toContainEqual({
      tokens: ['iphone', '15', 'pro'],
      isPrefix: true,
    })
  })
})

/** Characters that a rule treats in its own way. */
const PIECES = [
  ...'a n S é ü u\u0308 ø Å ß ﷺ ㌀ ﬁ İ й \u0306 Σ が カ\u3099 茶 한 ก ั 1 ٥ 𝟜 ½ 000 , . - ’ & ™ № ° º × x ・'.split(
    ' ',
  ),
  ...'µ \u00ad \u200d \ufe0f 👩 \u{1d5ba} \u{20000} \u0640 ´ ʻ \ue004 \n'.split(' '),
  ' ',
]

describe('any text', () => {
  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'grapheme', maxLength: 3 }))
  const text = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''))

  it('finds itself, by exact words, in whichever form it is encoded', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('NFC', 'NFD'), fc.boolean(), (given, form, isName) => {
        const tokens = ` ${toIndexedWords(given, { isName })} `
        for (const { exact } of toSearchedWords(given.normalize(form))) {
          const isIndexed = exact.some(({ tokens: row, isPrefix }) =>
            tokens.includes(` ${row.join(' ')}${isPrefix ? '' : ' '}`),
          )
          expect(isIndexed, JSON.stringify([given, tokens, exact])).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('has a key to be sorted by that is bounded, and the same in whichever form it is encoded', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('NFC', 'NFD'), (given, form) => {
        expect(sortKeyOf(given.normalize(form))).toBe(sortKeyOf(given))
        expect(sortKeyOf(given).length).toBeLessThanOrEqual(256)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('stemOf', () => {
  it.each([
    'mug mugs', 'brush brushes', 'box boxes', 'berry berries', 'cookie cookies', 'knife knives', 'shelf shelves',
    'bus buses', 'gas gases', 'lens lenses', 'glass glasses', 'canvas canvases', 'house houses', 'vase vases',
    'shoe shoes', 'potato potatoes', 'toe toes', 'pie pies', 'axe axes', 'watch watches', 'size sizes', 'cafe cafes',
    'battery batteries', 'quiz quizzes', 'man men mens', 'fireman firemen', 'people person', 'taxi taxis', 'berri berrie berry', 'child children', 'tooth teeth', 'mouse mice',
  ])('is the same for %s', (words) => {
    expect(new Set(words.split(' ').map(stemOf)).size).toBe(1)
  }) // prettier-ignore

  it.each(['cap cape', 'plan plane', 'bra brass', 'car care', 'kit kite', 'princess prince', 'fish fishing'])(
    'is another for %s',
    (words) => {
      expect(new Set(words.split(' ').map(stemOf)).size).toBe(2)
    },
  )
})

describe('sortKeyOf', () => {
  it.each([
    ['Size 2', 'Size 10'],
    ['size 9', 'Size 10'],
    ['Size 007', 'Size 8'],
    ['Éclair', 'Zebra'],
    ['eclair', 'Éclair tin'],
    ['0.25 l', '0.5 l'],
    ['0,75 l', '1 l'],
    ['500 pieces', '1,000 pieces'],
    ['  “b”', '(c)'],
    ['A9', 'A10'],
    [`x ${'9'.repeat(98)}`, `x ${'9'.repeat(99)}`],
  ])('has %s before %s', (first, second) => {
    expect(sortKeyOf(first) < sortKeyOf(second)).toBe(true)
  })

  it('is bounded, and whole', () => {
    const key = sortKeyOf('1a'.repeat(63) + '😀'.repeat(64))
    expect([key.length <= 256, key.isWellFormed()]).toEqual([true, true])
  })
})
