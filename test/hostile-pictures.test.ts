import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  aPicture,
  bigEndian,
  contains,
  fileAt,
  joined,
  type Type,
  uploads,
  withChunk,
  withoutImages,
  withSegments,
} from './a-picture.ts'
import { get } from './http.ts'
import { aProduct } from './shop.ts'

/** What is sent as a picture and must not become one, with Images and without. */

const SCRIPT = '<!doctype html><script>alert(document.domain)</script>'
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
const GIF = joined('GIF89a', [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b]) // prettier-ignore
const ZIP = joined('PK\x03\x04', [20, 0, 0, 0], 'evil.class', 'PK\x05\x06', new Uint8Array(18))

const MB = 1024 * 1024

type Body = Uint8Array | string

/** A PNG that says that it is this large. */
async function withSize(width: number, height: number): Promise<Uint8Array> {
  const png = await aPicture()
  return joined(png.subarray(0, 16), bigEndian(width), bigEndian(height), png.subarray(24))
}

/** The refusals of a body under this type: status, code and codes of the body as a whole. */
async function refusalOf(body: Body, type: string): Promise<[status: number, ...codes: string[]]> {
  const product = await aProduct()
  const before = await filesInBucket()
  const answer = await uploads(product, body, { 'Content-Type': type })
  expect((await get(`/api/products/${product.id}/`)).body.pictures).toEqual([])
  expect(await filesInBucket()).toBe(before)
  const { code, error_codes } = answer.body
  return [answer.status, code, ...(error_codes?.[''] ?? []).map((error: { code: string }) => error.code)]
}

const filesInBucket = async () => (await env.PICTURES!.list()).objects.length

const CASES: [what: string, body: () => Promise<Body> | Body, type: string, codes: unknown[]][] = [
  ['an empty body', () => '', 'image/png', [400, 'invalid_request', 'not_picture']],
  ['HTML', () => SCRIPT, 'text/html', [415, 'unsupported_media_type']],
  ['HTML as PNG', () => SCRIPT, 'image/png', [400, 'invalid_request', 'not_picture']],
  ['SVG', () => SVG, 'image/svg+xml', [415, 'unsupported_media_type']],
  ['SVG as PNG', () => SVG, 'image/png', [400, 'invalid_request', 'not_picture']],
  ['GIF', () => GIF, 'image/gif', [415, 'unsupported_media_type']],
  ['GIF as WebP', () => GIF, 'image/webp', [400, 'invalid_request', 'not_picture']],
  ['JSON', () => '{}', 'application/json', [415, 'unsupported_media_type']],
  ['no type', () => aPicture(), '', [415, 'unsupported_media_type']],
  ['PNG as JPEG', () => aPicture(), 'image/jpeg', [400, 'invalid_request', 'picture_type_differs']],
  [
    'HTML before a JPEG',
    async () => joined(SCRIPT, await aPicture('image/jpeg')),
    'image/jpeg',
    [400, 'invalid_request', 'not_picture'],
  ],
  [
    'PNG and ZIP',
    async () => joined(await aPicture(), ZIP),
    'image/png',
    [400, 'invalid_request', 'picture_has_more'],
  ],
  [
    'WebP and HTML',
    async () => joined(await aPicture('image/webp'), SCRIPT),
    'image/webp',
    [400, 'invalid_request', 'picture_has_more'],
  ],
  ['a bomb', () => withSize(60_000, 60_000), 'image/png', [400, 'invalid_request', 'picture_too_large']],
  [
    'over 40 megapixels',
    () => withSize(8000, 5001),
    'image/png',
    [400, 'invalid_request', 'picture_too_large'],
  ],
  [
    'a side over 12000',
    () => withSize(12_001, 1),
    'image/png',
    [400, 'invalid_request', 'picture_too_large'],
  ],
  ['no size', () => withSize(0, 48), 'image/png', [400, 'invalid_request', 'picture_damaged']],
  [
    'two headers, the second one a bomb',
    async () =>
      withChunk(await aPicture(), 'IHDR', joined(bigEndian(60_000), bigEndian(60_000), [8, 2, 0, 0, 0])),
    'image/png',
    [400, 'invalid_request', 'picture_damaged'],
  ],
  [
    'an animated PNG',
    async () => withChunk(await aPicture(), 'acTL', joined(bigEndian(2), bigEndian(0))),
    'image/png',
    [400, 'invalid_request', 'picture_animated'],
  ],
  [
    'a WebP whose VP8X chunk is empty',
    () => joined('RIFF', [12, 0, 0, 0], 'WEBPVP8X', [0, 0, 0, 0]),
    'image/webp',
    [400, 'invalid_request', 'picture_damaged'],
  ],
  [
    'an animated WebP',
    () =>
      joined(
        'RIFF',
        [32, 0, 0, 0],
        'WEBPVP8X',
        [10, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 9, 0, 0],
        'ANIM',
        [2, 0, 0, 0, 0, 0],
      ),
    'image/webp',
    [400, 'invalid_request', 'picture_animated'],
  ],
]

describe.each([
  ['with Images', async <T>(act: () => Promise<T>) => act()],
  ['without Images', withoutImages],
])('a shop %s', (_, inShop) => {
  it.each(CASES)('refuses %s', async (_what, body, type, codes) => {
    const made = await body()
    expect(await inShop(() => refusalOf(made, type))).toEqual(codes)
  })

  it.each(['image/jpeg', 'image/png', 'image/webp'] as const)('refuses %s cut off anywhere', async (type) => {
    const whole = await aPicture(type)
    const product = await aProduct()
    for (const kept of [1, 4, 11, 12, 20, 33, 40, Math.floor(whole.length / 2), whole.length - 1]) {
      const { status, body } = await inShop(() =>
        uploads(product, whole.subarray(0, kept), { 'Content-Type': type }),
      )
      expect([kept, status, body.code]).toEqual([kept, 400, 'invalid_request'])
    }
    expect((await get(`/api/products/${product.id}/`)).body.pictures).toEqual([])
  })

  it('takes eight megabytes, and not one byte more', async () => {
    const product = await aProduct()
    const png = await aPicture()
    const filled = (size: number) => withChunk(png, 'tEXt', new Uint8Array(size - png.length - 12))
    const tooLarge = await inShop(() => uploads(product, filled(8 * MB + 1)))
    expect([tooLarge.status, tooLarge.body.code]).toEqual([413, 'body_too_large'])
    const { status, body } = await inShop(() => uploads(product, filled(8 * MB)))
    expect([status, body.pictures.length]).toEqual([201, 1])
    expect((await fileAt(body.pictures[0].url)).bytes.length).toBeLessThan(1024)
  })

  it('cuts off what follows a JPEG, since phones append to it', async () => {
    const jpeg = await aPicture('image/jpeg')
    const polyglot = joined(withSegments(jpeg, [[0xfe, joined(SCRIPT)]]), SCRIPT, ZIP)
    const { status, body } = await inShop(async () =>
      uploads(await aProduct(), polyglot, { 'Content-Type': 'image/jpeg' }),
    )
    expect(status).toBe(201)
    const { headers, bytes } = await fileAt(body.pictures[0].url)
    expect(headers.get('Content-Type')).toMatch(/^image\/(webp|jpeg)$/)
    expect(contains(bytes, 'script') || contains(bytes, 'PK\x03\x04')).toBe(false)
  })

  it('answers any bytes behind a good start without a 500', async () => {
    const product = await aProduct()
    const statuses = new Set<number>()
    for (const type of ['image/jpeg', 'image/png', 'image/webp'] as Type[]) {
      const whole = await aPicture(type)
      for (let n = 0; n < 15; n += 1) {
        const at = 2 + ((n * 7919) % (whole.length - 2))
        const body = whole.with(at, (whole[at]! + 1 + n * 31) % 256)
        const { status } = await inShop(() => uploads(product, body, { 'Content-Type': type }))
        statuses.add(status)
        if (status === 201) await removeAll(product)
      }
    }
    expect([...statuses].every((status) => [201, 400].includes(status))).toBe(true)
    expect(statuses.has(400)).toBe(true)
  })
})

async function removeAll({ id }: { id: number }): Promise<void> {
  await env.DB.batch([
    env.DB.prepare('DELETE FROM product_pictures WHERE product_id = ?').bind(id),
    env.DB.prepare(`UPDATE products SET pictures = '[]' WHERE id = ?`).bind(id),
  ])
}

describe('a shop with Images', () => {
  it('refuses a picture whose pixels cannot be decoded', async () => {
    const png = await aPicture()
    const at = png.length - 12 - 30
    const broken = joined(png.subarray(0, at), new Uint8Array(20), png.subarray(at + 20))
    expect(await refusalOf(broken, 'image/png')).toEqual([400, 'invalid_request', 'picture_damaged'])
  })

  it('refuses a compressed body, and a body that is long but of tiny parts', async () => {
    const product = await aProduct()
    const compressed = { 'Content-Type': 'image/png', 'Content-Encoding': 'gzip' }
    expect((await uploads(product, await aPicture(), compressed)).status).toBe(415)
    const jpeg = await aPicture('image/jpeg')
    const parts = new Uint8Array(4 * MB).map((_, at) => [0xff, 0xdb, 0, 2][at % 4]!)
    const body = joined(jpeg.subarray(0, 2), parts, jpeg.subarray(2))
    expect(await refusalOf(body, 'image/jpeg')).toEqual([400, 'invalid_request', 'picture_damaged'])
  })
})
