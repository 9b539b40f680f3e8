import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import worker from '../src/index.ts'
import {
  aPicture,
  contains,
  converted,
  exif,
  fileAt,
  joined,
  sizeOf,
  uploads,
  withBinding,
  withChunk,
  withoutImages,
  withSegments,
} from './a-picture.ts'
import { type Answer, del, get, patch } from './http.ts'
import { integrityViolations } from './integrity.ts'
import { aCustomer, anOrder, aProduct, simultaneously, theOwner, unique } from './shop.ts'

const JPEG = { 'Content-Type': 'image/jpeg' }
const WEBP = { 'Content-Type': 'image/webp' }

/** A product with this many pictures. */
async function aProductWith(pictures: number): Promise<Answer['body']> {
  let product = await aProduct()
  for (let n = 0; n < pictures; n += 1) product = (await uploads(product, await aPicture())).body
  return product
}

const pathOf = (product: { id: number }, picture: { id: number }) =>
  `/api/admin/products/${product.id}/pictures/${picture.id}/`

const token = async () => ({ token: (await theOwner()).access })

const idsOf = ({ pictures }: { pictures: { id: number }[] }) => pictures.map(({ id }) => id)

const keysInBucket = async (url: string) => {
  const [, sha256] = /([0-9a-f]{64})/.exec(url)!
  const { objects } = await env.PICTURES!.list({ prefix: sha256! })
  return objects.map(({ key }) => key)
}

/** Pictures of 64 × 48 that a camera held on its side has taken. */
const TURNED = [
  ['image/png', async () => withChunk(await aPicture(), 'eXIf', exif(6))],
  ['image/webp', async () => withExif(await aPicture('image/webp'), exif(6))],
] as const

describe('POST /api/admin/products/{id}/pictures/', () => {
  it('makes three widths of WebP, of which the product names the largest', async () => {
    const product = await aProduct()
    const answer = await uploads(product, await aPicture('image/jpeg', { width: 2000, height: 1000 }), JPEG)
    expect(answer.status).toBe(201)
    const [picture] = answer.body.pictures
    expect(picture).toMatchObject({ width: 1600, height: 800, alt: '' })
    expect(picture.sources.map(({ width }: { width: number }) => width)).toEqual([320, 800, 1600])
    expect(picture.url).toBe(picture.sources[2].url)
    expect(picture.url).toMatch(/^\/pictures\/[0-9a-f]{64}-1600\.webp$/)
    expect(answer.headers.get('Location')).toBe(pathOf(product, picture))
    for (const { url, width } of picture.sources) {
      const { status, headers, bytes } = await fileAt(url)
      expect([status, headers.get('Content-Type')]).toEqual([200, 'image/webp'])
      expect(await sizeOf(bytes)).toEqual([width, width / 2])
    }
  })

  it('enlarges nothing', async () => {
    const product = await aProduct()
    const { body } = await uploads(product, await aPicture('image/png', { width: 500, height: 200 }))
    expect(body.pictures[0].sources.map(({ width }: { width: number }) => width)).toEqual([320, 500])
    const { body: small } = await uploads(product, await aPicture('image/png', { width: 1, height: 7 }))
    expect(small.pictures[1]).toMatchObject({ width: 1, height: 7 })
    expect(await sizeOf((await fileAt(small.pictures[1].url)).bytes)).toEqual([1, 7])
  })

  it('turns a picture upright and forgets where it was taken', async () => {
    const jpeg = await aPicture('image/jpeg', { width: 80, height: 40 })
    const taken = withSegments(jpeg, [[0xe1, joined('Exif\0\0', exif(6))]])
    expect(contains(taken, '51.5007N')).toBe(true)
    const { body } = await uploads(await aProduct(), taken, JPEG)
    const [picture] = body.pictures
    expect(picture).toMatchObject({ width: 40, height: 80 })
    const { bytes } = await fileAt(picture.url)
    expect(await sizeOf(bytes)).toEqual([40, 80])
    expect(contains(bytes, '51.5007N') || contains(bytes, 'Exif')).toBe(false)
  })

  it.each(TURNED)('turns %s upright', async (type, turned) => {
    const { body } = await uploads(await aProduct(), await turned(), { 'Content-Type': type })
    expect(body.pictures[0]).toMatchObject({ width: 48, height: 64 })
    const { bytes } = await fileAt(body.pictures[0].url)
    expect(await sizeOf(bytes)).toEqual([48, 64])
    expect(contains(bytes, '51.5007N')).toBe(false)
  })

  it.each(['image/jpeg', 'image/png', 'image/webp'] as const)('takes %s', async (type) => {
    const { status, body } = await uploads(await aProduct(), await aPicture(type), { 'Content-Type': type })
    expect([status, body.pictures[0].width, body.pictures[0].height]).toEqual([201, 64, 48])
  })

  it('adds at the end, up to twelve', async () => {
    const product = await aProductWith(12)
    expect(idsOf(product)).toEqual(idsOf(product).toSorted((one, other) => one - other))
    const { status, body } = await uploads(product, await aPicture())
    expect([status, body.code]).toEqual([409, 'too_many_pictures'])
    expect(idsOf((await get(`/api/products/${product.id}/`)).body)).toHaveLength(12)
  })

  it('shows in every place where the product does', async () => {
    const name = unique()
    const product = await aProduct({ name })
    const { body } = await uploads(product, await aPicture())
    const { pictures } = body
    expect((await get(`/api/products/${product.id}/`)).body.pictures).toEqual(pictures)
    expect((await get(`/api/admin/products/${product.id}/`, await token())).body.pictures).toEqual(pictures)
    const list = (await get(`/api/products/?search=${name}`)).body.results
    expect(list[0].pictures).toEqual(pictures)
    const bob = await aCustomer()
    await bob.adds(product)
    expect((await bob.cart()).items[0].product.pictures).toEqual(pictures)
  })

  it('is refused for a product that is not there, and by someone who is not staff', async () => {
    const bytes = await aPicture()
    expect((await uploads({ id: 999_999 }, bytes)).status).toBe(404)
    expect((await uploads(await aProduct(), bytes, undefined, await aCustomer())).status).toBe(403)
  })

  it('changes the version of the product, and refuses a stale one', async () => {
    const product = await aProduct()
    const { headers } = await get(`/api/admin/products/${product.id}/`, await token())
    const ifMatch = { 'Content-Type': 'image/png', 'If-Match': headers.get('ETag')! }
    const first = await uploads(product, await aPicture(), ifMatch)
    expect(first.status).toBe(201)
    expect(first.headers.get('ETag')).not.toBe(headers.get('ETag'))
    expect((await uploads(product, await aPicture(), ifMatch)).status).toBe(412)
    expect(idsOf((await get(`/api/products/${product.id}/`)).body)).toHaveLength(1)
  })

  it('takes effect once for a key, and is replayed as it is now', async () => {
    const product = await aProduct()
    const bytes = await aPicture()
    const once = { 'Content-Type': 'image/png', 'Idempotency-Key': unique() }
    const answers = await simultaneously(3, () => uploads(product, bytes, once))
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
    const [id] = idsOf(answers[0]!.body)
    await patch(pathOf(product, { id: id! }), { alt: 'A mug' }, await token())
    const again = await uploads(product, bytes, once)
    expect([again.status, again.headers.get('Idempotent-Replayed')]).toEqual([201, 'true'])
    expect(again.body.pictures).toMatchObject([{ id, alt: 'A mug' }])
    expect(again.headers.get('Location')).toBe(pathOf(product, { id: id! }))
    expect((await uploads(product, await aPicture(), once)).status).toBe(422)
    await del(pathOf(product, { id: id! }), await token())
    expect((await uploads(product, bytes, once)).status).toBe(404)
  })

  it('is one entry of the audit log', async () => {
    const product = await aProduct()
    await uploads(product, await aPicture())
    const { body } = await get('/api/admin/audit-log/?page_size=100', await token())
    const paths = body.results.map(
      ({ method, path }: { method: string; path: string }) => `${method} ${path}`,
    )
    const mine = `POST /api/admin/products/${product.id}/pictures`
    expect(paths.filter((path: string) => path === mine)).toEqual([mine])
  })

  it('makes the files of the same bytes once, and two products share them', async () => {
    const bytes = await aPicture()
    const { body: one } = await uploads(await aProduct(), bytes)
    const spy = vi.spyOn(env.IMAGES!, 'input')
    const { body: other } = await uploads(await aProduct(), bytes)
    expect(spy).not.toHaveBeenCalled()
    spy.mockRestore()
    expect(other.pictures[0].url).toBe(one.pictures[0].url)
  })

  it('is 503 and leaves no picture while the storage or Images fails', async () => {
    const product = await aProduct()
    const bytes = await aPicture()
    const failing = () => Promise.reject(new Error('We encountered an internal error. (10001)'))
    const bucket = { head: () => Promise.resolve(null), put: failing, get: failing }
    const images = { input: () => ({ transform: () => ({ output: failing }) }) }
    const stored = await withBinding('PICTURES', bucket, () => uploads(product, bytes))
    expect([stored.status, stored.body.code]).toEqual([503, 'temporarily_unavailable'])
    const made = await withBinding('IMAGES', images, () => uploads(product, bytes))
    expect([made.status, made.body.code]).toEqual([503, 'temporarily_unavailable'])
    expect((await get(`/api/products/${product.id}/`)).body.pictures).toEqual([])
    expect((await uploads(product, bytes)).status).toBe(201)
    const file = `/pictures/${'0'.repeat(64)}-320.webp`
    expect((await withBinding('PICTURES', bucket, () => fileAt(file))).status).toBe(503)
  })
})

describe('a shop without Images', () => {
  it('keeps the original JPEG without metadata, turned by one remaining tag', async () => {
    const jpeg = await aPicture('image/jpeg', { width: 80, height: 40 })
    const secrets: [number, Uint8Array][] = [
      [0xe1, joined('Exif\0\0', exif(6))],
      [0xe1, joined('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>secret</x:xmpmeta>')],
      [0xed, joined('Photoshop 3.0\0secret')],
      [0xfe, joined('<script>secret</script>')],
    ]
    const { body } = await withoutImages(async () =>
      uploads(await aProduct(), withSegments(jpeg, secrets), JPEG),
    )
    const [picture] = body.pictures
    expect(picture).toMatchObject({ width: 40, height: 80 })
    expect(picture.sources).toHaveLength(1)
    const { headers, bytes } = await fileAt(picture.url)
    expect(headers.get('Content-Type')).toBe('image/jpeg')
    expect(contains(bytes, 'secret') || contains(bytes, '51.5007N')).toBe(false)
    expect(await sizeOf(await converted(bytes, 'image/png'))).toEqual([40, 80])
  })

  it.each(TURNED)(
    'keeps the original %s without metadata, turned by the remaining tag',
    async (type, turned) => {
      const [product, file] = [await aProduct(), await turned()]
      const { body } = await withoutImages(() => uploads(product, file, { 'Content-Type': type }))
      expect(body.pictures[0]).toMatchObject({ width: 48, height: 64 })
      const { bytes } = await fileAt(body.pictures[0].url)
      expect(contains(bytes, '51.5007N')).toBe(false)
      expect(await sizeOf(await converted(bytes, 'image/jpeg'))).toEqual([48, 64])
    },
  )

  it('keeps the original PNG and WebP without metadata', async () => {
    const png = await aPicture()
    const withText = withChunk(withChunk(png, 'tEXt', joined('Comment\0secret')), 'eXIf', exif(1))
    const { body } = await withoutImages(async () => uploads(await aProduct(), withText))
    const { bytes } = await fileAt(body.pictures[0].url)
    expect(contains(bytes, 'secret') || contains(bytes, '51.5007N')).toBe(false)
    expect(await converted(bytes, 'image/webp')).toEqual(await converted(png, 'image/webp'))
    const webp = await aPicture('image/webp')
    const chunk = joined('EXIF', [38, 0, 0, 0], exif(1).subarray(0, 38))
    const whole = joined('RIFF', littleEndian(webp.length + chunk.length - 8), webp.subarray(8), chunk)
    const { body: other } = await withoutImages(async () => uploads(await aProduct(), whole, WEBP))
    expect((await fileAt(other.pictures[0].url)).bytes).toEqual(webp)
  })
})

/** A WebP with an extended header, of 64 × 48 as `aPicture` makes it, and EXIF. */
function withExif(webp: Uint8Array, tiff: Uint8Array): Uint8Array {
  const header = joined('VP8X', [10, 0, 0, 0, 0x08, 0, 0, 0, 63, 0, 0, 47, 0, 0])
  const chunks = joined('WEBP', header, webp.subarray(12), 'EXIF', littleEndian(tiff.length), tiff)
  return joined('RIFF', littleEndian(chunks.length), chunks)
}

function littleEndian(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
}

describe('PATCH and DELETE /api/admin/products/{id}/pictures/{picture_id}/', () => {
  it('describes a picture', async () => {
    const product = await aProductWith(1)
    const [picture] = product.pictures
    const answer = await patch(pathOf(product, picture), { alt: ' A mug ' }, await token())
    expect([answer.status, answer.body.pictures[0].alt]).toEqual([200, 'A mug'])
    expect((await get(`/api/products/${product.id}/`)).body.pictures[0].alt).toBe('A mug')
    const wrong = await patch(pathOf(product, picture), { alt: 'a\u0007', position: 13 }, await token())
    expect(wrong.body.error_codes).toMatchObject({
      alt: [{ code: 'control_characters' }],
      position: [{ code: 'not_integer', min: 1, max: 12 }],
    })
  })

  it.each([
    [1, 3, [2, 3, 1, 4]],
    [3, 1, [3, 1, 2, 4]],
    [2, 3, [1, 3, 2, 4]],
    [4, 4, [1, 2, 3, 4]],
    [1, 12, [2, 3, 4, 1]],
  ])('moves picture %i to place %i', async (picture, position, order) => {
    const product = await aProductWith(4)
    const ids = idsOf(product)
    const path = pathOf(product, { id: ids[picture - 1]! })
    const { body } = await patch(path, { position }, await token())
    expect(idsOf(body).map((id) => ids.indexOf(id) + 1)).toEqual(order)
    const { body: more } = await uploads(product, await aPicture())
    expect(idsOf(more).slice(0, 4)).toEqual(idsOf(body))
  })

  it('keeps every picture when two are moved at once', async () => {
    const product = await aProductWith(3)
    const ids = idsOf(product)
    const { token: access } = await token()
    await simultaneously(3, (n) =>
      patch(pathOf(product, { id: ids[n]! }), { position: 1 }, { token: access }),
    )
    const { body } = await get(`/api/products/${product.id}/`)
    expect(new Set(idsOf(body))).toEqual(new Set(ids))
    expect(await integrityViolations()).toEqual({})
  })

  it('writes nothing when nothing changes', async () => {
    const product = await aProductWith(1)
    const [picture] = product.pictures
    const read = async () =>
      (await get(`/api/admin/products/${product.id}/`, await token())).headers.get('ETag')
    const before = await read()
    await patch(pathOf(product, picture), { alt: '', position: 1 }, await token())
    await patch(pathOf(product, picture), {}, await token())
    expect(await read()).toBe(before)
  })

  it('removes a picture', async () => {
    const product = await aProductWith(2)
    const [first, second] = product.pictures
    const { status, body } = await del(pathOf(product, first), await token())
    expect([status, idsOf(body)]).toEqual([200, [second.id]])
    expect((await del(pathOf(product, first), await token())).status).toBe(404)
  })

  it('is refused for a picture of another product, and for a stale version', async () => {
    const [one, other] = [await aProductWith(1), await aProductWith(1)]
    expect((await patch(pathOf(one, other.pictures[0]), { alt: 'x' }, await token())).status).toBe(404)
    expect((await del(pathOf(one, other.pictures[0]), await token())).status).toBe(404)
    const stale = { ...(await token()), headers: { 'If-Match': '"1-1"' } }
    expect((await patch(pathOf(one, one.pictures[0]), { alt: 'x' }, stale)).status).toBe(412)
    expect((await del(pathOf(one, one.pictures[0]), stale)).status).toBe(412)
    expect((await get(`/api/products/${one.id}/`)).body.pictures).toEqual(one.pictures)
  })
})

describe('GET /pictures/{file}', () => {
  it('is immutable, sniffed by nobody, and runs nothing', async () => {
    const { pictures } = await aProductWith(1)
    const { headers } = await fileAt(pictures[0].url)
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
    })
  })

  it('answers 304, HEAD, and a range with the whole file', async () => {
    const { pictures } = await aProductWith(1)
    const { url } = pictures[0]
    const whole = await fileAt(url)
    const tag = whole.headers.get('ETag')!
    const known = await fileAt(url, { headers: { 'If-None-Match': tag } })
    expect([known.status, known.bytes.length, known.headers.get('ETag')]).toEqual([304, 0, tag])
    for (const malformed of ['"abc', '"a" "b"', 'W "x"'])
      expect((await fileAt(url, { headers: { 'If-None-Match': malformed } })).status).toBe(200)
    const head = await fileAt(url, { method: 'HEAD' })
    expect([head.status, head.bytes.length, head.headers.get('Content-Type')]).toEqual([200, 0, 'image/webp'])
    const range = await fileAt(url, { headers: { Range: 'bytes=2-5' } })
    expect([range.status, range.bytes]).toEqual([200, whole.bytes])
  })

  it('serves nothing but files of pictures', async () => {
    const sha256 = 'a'.repeat(64)
    for (const key of ['secret.html', `${sha256}-320.html`, `${sha256}-320.svg`, `${sha256}-0.webp`])
      await env.PICTURES!.put(key, '<script>alert(1)</script>', {
        httpMetadata: { contentType: 'text/html' },
      })
    for (const file of [
      'secret.html',
      `${sha256}-320.html`,
      `${sha256}-320.svg`,
      `${sha256}-0.webp`,
      `${sha256}-320.webp`,
      `${'A'.repeat(64)}-320.webp`,
      '..%2Fsecret.html',
      `${sha256}-320.webp%00.html`,
    ]) {
      const { status, headers, bytes } = await fileAt(`/pictures/${file}`)
      expect([file, status, headers.get('Cache-Control')]).toEqual([file, 404, 'no-store'])
      expect(contains(bytes, '<script>')).toBe(false)
    }
    await env.PICTURES!.put(`${sha256}-320.png`, '<script>alert(1)</script>', {
      httpMetadata: { contentType: 'text/html' },
    })
    expect((await fileAt(`/pictures/${sha256}-320.png`)).headers.get('Content-Type')).toBe('image/png')
    expect((await fileAt('/pictures/')).status).toBe(404)
    expect((await fileAt(`/pictures/${sha256}-320.png`, { method: 'PUT' })).status).toBe(405)
    expect((await fileAt(`/pictures/${sha256}-320.png?v=2`)).status).toBe(400)
  })
})

describe('a shop without a bucket', () => {
  it('has no routes of pictures, and products with none', async () => {
    await withBinding('PICTURES', undefined, async () => {
      const product = await aProduct()
      expect(product.pictures).toEqual([])
      expect((await uploads(product, await aPicture())).status).toBe(404)
      expect((await patch(pathOf(product, { id: 1 }), {}, await token())).status).toBe(404)
      expect((await del(pathOf(product, { id: 1 }), await token())).status).toBe(404)
      expect((await fileAt(`/pictures/${'a'.repeat(64)}-320.webp`)).status).toBe(404)
      await hourly()
    })
  })
})

/** Runs the hourly job as if all files were unused for this many days more. It may have been due earlier. */
async function hourly(daysLater = 0, scheduledTime = new Date()): Promise<void> {
  await env.DB.prepare(
    `UPDATE picture_files SET unused_since = unused_since - ?1 * 86400000, claimed_at = claimed_at - ?1 * 86400000`,
  )
    .bind(daysLater)
    .run()
  const controller = createScheduledController({ cron: '17 * * * *', scheduledTime })
  await worker.scheduled(controller, env)
}

const rowsOf = async (url: string) => {
  const [, sha256] = /([0-9a-f]{64})/.exec(url)!
  return env.DB.prepare('SELECT count(*) AS rows FROM picture_files WHERE sha256 = ?')
    .bind(sha256)
    .first<number>('rows')
}

describe('files that no product has a picture of', () => {
  const failing = { list: () => Promise.reject(new Error('We encountered an internal error. (10001)')) }

  it('are deleted thirty days after the picture or its product', async () => {
    const product = await aProductWith(2)
    const [one, other] = product.pictures
    await del(pathOf(product, one), await token())
    await del(`/api/admin/products/${product.id}/`, await token())
    await hourly(29)
    expect([await keysInBucket(one.url), await keysInBucket(other.url)]).not.toContainEqual([])
    await hourly(2)
    expect([await keysInBucket(one.url), await keysInBucket(other.url)]).toEqual([[], []])
    expect([await rowsOf(one.url), await rowsOf(other.url)]).toEqual([0, 0])
  })

  it('stay while any product has a picture of them', async () => {
    const bytes = await aPicture()
    const { body: one } = await uploads(await aProduct(), bytes)
    const { body: other } = await uploads(await aProduct(), bytes)
    await del(pathOf(one, one.pictures[0]), await token())
    await hourly(40)
    expect((await fileAt(other.pictures[0].url)).status).toBe(200)
    await del(pathOf(other, other.pictures[0]), await token())
    await hourly(40)
    expect((await fileAt(other.pictures[0].url)).status).toBe(404)
  })

  it('are found after an upload that broke off', async () => {
    const bytes = await aPicture()
    expect((await uploads({ id: 999_999 }, bytes)).status).toBe(404)
    const { body } = await uploads(await aProduct(), bytes)
    const { url } = body.pictures[0]
    await env.DB.prepare('DELETE FROM product_pictures WHERE id = ?').bind(body.pictures[0].id).run()
    await env.DB.prepare(`UPDATE products SET pictures = '[]' WHERE id = ?`).bind(body.id).run()
    expect(await keysInBucket(url)).not.toEqual([])
    await hourly(40)
    expect([await keysInBucket(url), await rowsOf(url)]).toEqual([[], 0])
  })

  it('are deleted although one of them has no files, which R2 refuses to delete', async () => {
    const product = await aProductWith(2)
    const [one, other] = product.pictures
    const pictures = env.PICTURES!
    await pictures.delete(await keysInBucket(one.url))
    await del(`/api/admin/products/${product.id}/`, await token())
    const bucket = {
      list: (options: R2ListOptions) => pictures.list(options),
      delete: (keys: string[]) => {
        if (keys.length === 0)
          throw new Error('The number of keys must be between 1 and 1000 inclusive. (10027)')
        return pictures.delete(keys)
      },
    }
    await withBinding('PICTURES', bucket, () => hourly(40))
    expect([await rowsOf(one.url), await rowsOf(other.url), await keysInBucket(other.url)]).toEqual([
      0,
      0,
      [],
    ])
  })

  it('wait in their rows while the storage fails, and for an upload of the same bytes', async () => {
    const bytes = await aPicture()
    const { body } = await uploads(await aProduct(), bytes)
    const { id, url } = body.pictures[0]
    await del(pathOf(body, { id }), await token())
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const order = await anOrder()
    await env.DB.prepare('UPDATE orders SET created_at = 1, updated_at = 1 WHERE id = ?').bind(order.id).run()
    await withBinding('CANCEL_PENDING_AFTER_HOURS', '1', () =>
      withBinding('PICTURES', failing, () => hourly(40)),
    )
    expect(error).toHaveBeenCalledWith(expect.stringContaining('not deleted'), expect.any(Error))
    const status = await env.DB.prepare('SELECT status FROM orders WHERE id = ?')
      .bind(order.id)
      .first('status')
    expect(status).toBe('Cancelled')
    vi.restoreAllMocks()
    expect([await keysInBucket(url), await rowsOf(url)]).not.toEqual([[], 0])
    const meanwhile = await uploads(await aProduct(), bytes)
    expect([meanwhile.status, meanwhile.body.code]).toEqual([503, 'temporarily_unavailable'])
    await hourly(1)
    expect([await keysInBucket(url), await rowsOf(url)]).toEqual([[], 0])
    const again = await uploads(await aProduct(), bytes)
    expect((await fileAt(again.body.pictures[0].url)).status).toBe(200)
  })

  it('stay claimed while they are deleted, also by a job that began late', async () => {
    const bytes = await aPicture()
    const { body } = await uploads(await aProduct(), bytes)
    const { id, url } = body.pictures[0]
    await del(pathOf(body, { id }), await token())
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await withBinding('PICTURES', failing, () => hourly(40, new Date(Date.now() - 20 * 60_000)))
    vi.restoreAllMocks()
    expect((await uploads(await aProduct(), bytes)).body.code).toBe('temporarily_unavailable')
    await hourly(1)
    expect(await keysInBucket(url)).toEqual([])
  })

  it('are a backlog, not a violation, when the job does not run', async () => {
    const product = await aProductWith(1)
    await del(pathOf(product, product.pictures[0]), await token())
    await env.DB.prepare('UPDATE picture_files SET unused_since = 1 WHERE unused_since IS NOT NULL').run()
    const { body } = await get('/api/admin/integrity/?check=unused_picture_is_removed', await token())
    expect(body.backlog).toBeGreaterThan(0)
    await hourly()
    expect(
      (await get('/api/admin/integrity/?check=unused_picture_is_removed', await token())).body.backlog,
    ).toBe(0)
  })
})

describe('the integrity check', () => {
  it('finds a product that lists other pictures than it has', async () => {
    const product = await aProductWith(1)
    await env.DB.prepare(`UPDATE product_pictures SET alt = 'Another' WHERE product_id = ?`)
      .bind(product.id)
      .run()
    expect(await integrityViolations()).toEqual({ product_lists_its_pictures: [product.id] })
    await env.DB.prepare(`UPDATE product_pictures SET alt = '' WHERE product_id = ?`).bind(product.id).run()
    expect(await integrityViolations()).toEqual({})
  })
})
